// args: 0
// args: 1
// args: 42
// args: 255
// args: 257
// args: -1
// args: 5 raw
#include "check.h"

int main(int argc, char **argv)
{
	CHECK(argc >= 2);
	if (argc > 2)
		syscall(SYS_exit, atoi(argv[1]));
	exit(atoi(argv[1]));
}
