#include "check.h"

int main(void)
{
	static const char text[] = "hello\n";
	CHECK(write(1, text, sizeof(text) - 1) == sizeof(text) - 1);
	CHECK(write(2, "to stderr\n", 10) == 10);
	return 0;
}
