package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
)

func main() {
	results := make(chan int)
	for i := 0; i < 100; i++ {
		go func(n int) { results <- n * n }(i)
	}
	sum := 0
	for i := 0; i < 100; i++ {
		sum += <-results
	}
	counts := map[string]int{}
	text, err := os.ReadFile("words")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, word := range strings.Fields(string(text)) {
		counts[word]++
	}
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Strings(words)
	fmt.Println("hello", os.Args[1:], sum, len(words), words[0], words[len(words)-1])
	_, err = os.Open("missing")
	fmt.Println(err)
	defer func() {
		fmt.Println("recovered:", recover())
		os.Exit(6)
	}()
	var nothing *int
	fmt.Println(*nothing)
}
