// Dies by its own SIGABRT: status 134.
#include "check.h"

int main(void)
{
	printf("before\n");
	fflush(stdout);
	abort();
}
