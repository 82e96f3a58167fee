// Unwinding through a signal frame: backtrace() in a handler, an exception thrown out of one for a synchronous fault, a
// profiler whose signals come while clocks are read. The handlers' way back is libc's, or none is given.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <execinfo.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <atomic>

namespace {

bool s_withRestorer;

struct KernelAction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)();
	unsigned long mask;
};

void Handle(int signal, void (*handler)(int, siginfo_t *, void *))
{
	if (s_withRestorer) {
		struct sigaction action = {};
		action.sa_sigaction = handler;
		action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
		sigaction(signal, &action, nullptr);
	} else {
		KernelAction action = {handler, SA_SIGINFO | SA_NODEFER | SA_RESTART, nullptr, 0};
		syscall(SYS_rt_sigaction, signal, &action, nullptr, 8);
	}
}

volatile int s_found;

// Innermost first; each has a frame of its own.
__attribute__((noinline)) int Inner(volatile char *at);
__attribute__((noinline)) int Outer(volatile char *at);
int Run();

bool Within(void *frame, const void *function, std::uintptr_t size)
{
	return reinterpret_cast<std::uintptr_t>(frame) - reinterpret_cast<std::uintptr_t>(function) < size;
}

// How many of the three callers a backtrace shows, in their order.
int Callers(void **frames, int count)
{
	const struct {
		void *function;
		std::uintptr_t size;
	} wanted[] = {
		{reinterpret_cast<void *>(Inner), 512},
		{reinterpret_cast<void *>(Outer), 512},
		{reinterpret_cast<void *>(Run), 4096},
	};
	int next = 0;
	for (int i = 0; i < count && next < 3; i++)
		if (Within(frames[i], wanted[next].function, wanted[next].size))
			next++;
	return next;
}

void Backtrace(int, siginfo_t *, void *)
{
	void *frames[64];
	s_found = Callers(frames, backtrace(frames, 64));
}

void Throw(int signal, siginfo_t *info, void *)
{
	if (signal == SIGFPE)
		throw std::overflow_error("division");
	throw info->si_addr;
}

std::atomic<int> s_samples, s_whole;

void Sample(int, siginfo_t *, void *)
{
	void *frames[64];
	int count = backtrace(frames, 64);
	s_samples++;
	for (int i = 0; i < count; i++) {
		if (Within(frames[i], reinterpret_cast<void *>(Run), 4096)) {
			s_whole++;
			break;
		}
	}
}

// With asynchronous unwind tables, a destructor runs for an exception that no call threw.
struct Told {
	const char *what;
	~Told() { std::printf("left %s\n", what); }
};

int Inner(volatile char *at)
{
	Told told{"Inner"};
	if (at == nullptr)
		raise(SIGUSR1);
	else
		*at = 1;
	return 1;
}

int Outer(volatile char *at)
{
	Told told{"Outer"};
	return Inner(at) + 1;
}

int Divide(volatile int *by) { return 1 / *by; }

__attribute__((noinline)) long ReadClocks(int samples)
{
	long sum = 0;
	timespec t;
	while (s_samples < samples) {
		for (int i = 0; i < 1000; i++) {
			clock_gettime(CLOCK_MONOTONIC, &t);
			sum += t.tv_nsec;
		}
	}
	return sum;
}

__attribute__((noinline)) int Run()
{
	void *frames[2];
	backtrace(frames, 2); // loads what it needs

	Handle(SIGUSR1, Backtrace);
	Outer(nullptr);
	std::printf("%d of 3 callers in the backtrace of a sent signal\n", s_found);
	Handle(SIGSEGV, Throw);
	for (int i = 0; i < 3; i++) {
		try {
			Outer(reinterpret_cast<volatile char *>(16 + i));
		} catch (void *address) {
			std::printf("fault at %p\n", address);
		}
	}
	Handle(SIGFPE, Throw);
	try {
		volatile int zero = 0;
		std::printf("%d\n", Divide(&zero));
	} catch (const std::exception &error) {
		std::printf("%s\n", error.what());
	}

	// Samples by the process's own timer, most of them within the clocks' own code.
	Handle(SIGALRM, Sample);
	itimerval timer = {{0, 2000}, {0, 2000}};
	setitimer(ITIMER_REAL, &timer, nullptr);
	volatile long sum = ReadClocks(200);
	(void)sum;
	timer = {};
	setitimer(ITIMER_REAL, &timer, nullptr);
	std::printf("%s\n", s_samples >= 200 && s_whole == s_samples ? "all samples whole" : "samples cut short");
	if (s_whole != s_samples)
		std::fprintf(stderr, "%d of %d samples reach the caller\n", s_whole.load(), s_samples.load());
	return 0;
}

} // namespace

int main(int argc, char **argv)
{
	s_withRestorer = argc > 1 && std::strcmp(argv[1], "restorer") == 0;
	return Run();
}
