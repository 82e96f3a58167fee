// args: restorer
// build: -static -fnon-call-exceptions -fasynchronous-unwind-tables -fno-ipa-sra -fno-ipa-cp -fno-partial-inlining
#include "signals_unwind.h"
