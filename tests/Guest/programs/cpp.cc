// stdin: one line\nand another
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

int alive;

struct Counted {
	Counted() { alive++; }
	Counted(const Counted &) { alive++; }
	~Counted() { alive--; }
};

int dive(int depth)
{
	Counted counted;
	if (depth == 0)
		throw std::runtime_error("from the deep");
	return dive(depth - 1) + 1;
}

struct Before {
	Before() { std::cout << "constructed before main\n"; }
	~Before() { std::cout << "destroyed after main\n"; }
} before;

} // namespace

int main()
{
	for (int i = 0; i < 100; i++) {
		try {
			dive(i);
			return 1;
		} catch (const std::exception &e) {
			if (alive != 0 || std::string(e.what()) != "from the deep") {
				std::cerr << "CHECK FAILED: " << alive << " alive, " << e.what() << "\n";
				return 1;
			}
		}
	}
	try {
		std::vector<int>().at(3);
	} catch (const std::out_of_range &) {
		std::cout << "out of range\n";
	}
	try {
		(void)std::vector<char>(1ul << 60);
	} catch (const std::bad_alloc &) {
		std::cout << "bad alloc\n";
	}

	std::vector<std::string> words;
	std::map<std::string, int> counts;
	for (int i = 0; i < 100000; i++) {
		words.push_back("word " + std::to_string(i * 7919 % 1009));
		counts[words.back()]++;
	}
	std::sort(words.begin(), words.end());
	std::ostringstream out;
	for (const auto &[word, count] : counts)
		out << word << "=" << count << ";";
	std::cout << counts.size() << " " << words.front() << " " << words.back() << " " << std::hash<std::string>()(out.str())
		  << "\n";
	auto shared = std::make_shared<std::vector<double>>(1000000, 0.5);
	double sum = 0;
	for (double d : *shared)
		sum += d;
	std::cout << sum << " " << std::fixed << 1.0 / 3 << std::endl;
	std::string line;
	while (std::getline(std::cin, line))
		std::cout << "read: " << line << "\n";
	return 9;
}
