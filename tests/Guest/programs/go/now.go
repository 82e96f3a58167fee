package main

import (
	"fmt"
	"os"
	"time"
)

// Reads the clocks often, from several threads: time never runs backwards.
func main() {
	results := make(chan int)
	for i := 0; i < 4; i++ {
		go func() {
			last, backwards := time.Now(), 0
			for n := 0; n < 25000; n++ {
				now := time.Now()
				if now.Before(last) || now.Round(0).Before(last.Round(0)) {
					backwards++
				}
				last = now
			}
			results <- backwards
		}()
	}
	for i := 0; i < 4; i++ {
		fmt.Println("backwards", <-results)
	}
	fmt.Println(os.Args[1:], time.Since(time.Now()) < time.Hour)
}
