// stdin: 12 34\nhello world\nlast line without end
#include "check.h"

int main(void)
{
	int a, b;
	char line[100];
	CHECK(scanf("%d %d\n", &a, &b) == 2 && a == 12 && b == 34);
	CHECK(fgets(line, sizeof(line), stdin) && !strcmp(line, "hello world\n"));
	CHECK(fgets(line, sizeof(line), stdin) && !strcmp(line, "last line without end"));
	CHECK(!fgets(line, sizeof(line), stdin) && feof(stdin));

	FILE *f = fopen("words", "r");
	CHECK(f);
	long lines = 0, bytes = 0;
	for (int c; (c = getc(f)) != EOF; bytes++)
		lines += c == '\n';
	printf("%ld lines, %ld bytes\n", lines, bytes);
	CHECK(fseek(f, 1000, SEEK_SET) == 0 && fgets(line, sizeof(line), f) && fgets(line, sizeof(line), f));
	printf("at 1000: %s", line);
	rewind(f);
	CHECK(fgets(line, sizeof(line), f));
	printf("at 0: %s", line);
	fclose(f);
	CHECK(!fopen("missing", "r") && errno == ENOENT);
	// More than a pipe holds.
	for (int i = 0; i < 20000; i++)
		printf("line %d of many\n", i);
	fprintf(stderr, "unbuffered\n");
	return 4;
}
