// build: -rdynamic
// The vDSO as a program of a dynamic glibc finds it.
#include "vdso_symbols.h"
