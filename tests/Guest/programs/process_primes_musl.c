// build: -static -specs /usr/lib/x86_64-linux-musl/musl-gcc.specs
// native-only-if: file /usr/lib/x86_64-linux-musl/musl-gcc.specs
// args: 4 200000
// The same with musl's threads.
#include "process_primes.c"
