# UmlHost. `make help` lists the targets.

PREFIX ?= /usr/local
ARGS ?= --help

export DOTNET_NOLOGO = 1
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT = 1
# No build server survives a make.
export MSBUILDDISABLENODEREUSE = 1
export UseSharedCompilation = false

sources-in = $(sort $(shell find $(wildcard $(1)) -type d \( -name bin -o -name obj -o -name out -o -name TestResults \) -prune -o -type f -print))
SETTINGS := Directory.Build.props Directory.Packages.props .editorconfig
SOURCES := $(SETTINGS) $(call sources-in,src stub)
TEST_SOURCES := $(SOURCES) UmlHost.sln $(call sources-in,tests)

.PHONY: all run test tests bench install uninstall clean format help tools test-tools force
.DELETE_ON_ERROR:

all: bin/umlhost

help:
	@echo 'make                     build bin/umlhost'
	@echo 'make run ARGS="-- PROG"  build what is stale, then: bin/umlhost run -- PROG'
	@echo 'make test                unit, guest and end-to-end tests (TESTS="Unit Guest" for some of them)'
	@echo 'make bench               the table of measurements'
	@echo 'make install PREFIX=DIR  DIR/bin/umlhost ($(PREFIX)); make uninstall takes it away'
	@echo 'make format              check the layout of the source (FIX=1 repairs it)'
	@echo 'make clean               remove everything that was built'

tools:
	@scripts/ensure-tools.sh build

test-tools:
	@scripts/ensure-tools.sh build test

bin/umlhost: $(SOURCES) out/sources | tools
	@scripts/build.sh

# Whatever is built depends on the list of its sources as well: a removed file is a change too.
out/sources: force
	@mkdir -p out
	@echo '$(SOURCES)' | cmp -s - $@ || echo '$(SOURCES)' >$@

out/test-sources: force
	@mkdir -p out
	@echo '$(TEST_SOURCES)' | cmp -s - $@ || echo '$(TEST_SOURCES)' >$@

out/tests: $(TEST_SOURCES) out/test-sources | test-tools
	@scripts/quiet.sh out/tests.log dotnet build UmlHost.sln -c Release
	@touch $@

tests: bin/umlhost out/tests

run: bin/umlhost
	@bin/umlhost run $(ARGS)

test: tests
	@scripts/test.sh $(TESTS)

bench: bin/umlhost | test-tools
	@dotnet run -c Release --project tests/Bench -- $(BENCH)

install: bin/umlhost
	install -D -m 755 bin/umlhost $(DESTDIR)$(PREFIX)/bin/umlhost

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/umlhost

format: | tools
	@dotnet format UmlHost.sln $(if $(FIX),,--verify-no-changes)

clean:
	rm -rf bin out stub/out $(wildcard src/*/bin src/*/obj tests/*/bin tests/*/obj tests/*/out tests/*/TestResults)
