// build: -static -specs=/usr/lib/x86_64-linux-musl/musl-gcc.specs
// native-only-if: file /usr/lib/x86_64-linux-musl/musl-gcc.specs
// The vDSO as a program of musl finds it.
#include "vdso_symbols.h"
