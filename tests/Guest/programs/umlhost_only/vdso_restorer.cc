// args: none
// build: -fnon-call-exceptions -fasynchronous-unwind-tables -fno-ipa-sra -fno-ipa-cp -fno-partial-inlining
// Handlers without SA_RESTORER return through the vDSO, which tells unwinders how. (Linux on x86_64 ends the program.)
#include "signals_unwind.h"
