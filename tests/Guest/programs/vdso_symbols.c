// The vDSO as a program of a static glibc finds it.
#include "vdso_symbols.h"
