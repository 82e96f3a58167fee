// Many goroutines: channels, timers, a spinning one that only a preemption signal stops, signals, the garbage
// collector with all of them.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func primes(limit int) int {
	source := make(chan int)
	go func(all chan int) {
		for i := 2; i < limit; i++ {
			all <- i
		}
		close(all)
	}(source)
	count := 0
	for {
		prime, ok := <-source
		if !ok {
			return count
		}
		count++
		next := make(chan int)
		go func(in, out chan int) {
			for n := range in {
				if n%prime != 0 {
					out <- n
				}
			}
			close(out)
		}(source, next)
		source = next
	}
}

func main() {
	runtime.GOMAXPROCS(4)
	fmt.Println("sieve:", primes(1000))

	var group sync.WaitGroup
	var sum atomic.Int64
	for i := 0; i < 10000; i++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			if n%100 == 0 {
				time.Sleep(time.Millisecond)
			}
			block := make([]byte, 4096)
			block[n%4096] = 1
			sum.Add(int64(n) + int64(block[n%4096]) - 1)
		}(i)
	}
	group.Wait()
	fmt.Println("sum:", sum.Load())

	// More spinning goroutines than threads: without preemption the last lines never come.
	var over atomic.Bool
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for !over.Load() {
			}
		}()
	}
	received := make(chan os.Signal, 16)
	signal.Notify(received, syscall.SIGUSR1)
	for i := 0; i < 5; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		fmt.Println("signal:", <-received)
	}
	runtime.GC()
	<-time.After(20 * time.Millisecond)
	over.Store(true)
	group.Wait()
	fmt.Println("done")
}
