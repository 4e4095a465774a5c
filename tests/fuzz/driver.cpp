// Runs a fuzz target without libFuzzer, which not every compiler has: every file of the corpus, then mutations of them for a while.
// The same seed gives the same mutations. What made the target crash is written to ./crash-<seed>-<number>.
//   NAME_fuzz [--seed N] [--seconds S] FILE-OR-FOLDER…
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Sanitizers end the program in their own way; this is theirs to call before it. Absent without one.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

std::string current;
unsigned long long seed = 1, number = 0;

void keep_current() {
    char name[80];
    std::snprintf(name, sizeof name, "crash-%llu-%llu", seed, number);
    int file = ::open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ::write(file, current.data(), current.size()) < 0) std::fprintf(stderr, "the input could not be kept\n");
    std::fprintf(stderr, "crashed on input %llu of seed %llu; kept in %s\n", number, seed, name);
}

void on_signal(int signal) {
    std::signal(signal, SIG_DFL);
    keep_current();
    std::raise(signal);
}

void run(std::string input) {
    current = std::move(input);
    ++number;
    // An own allocation of exactly this size, so that a read behind the end is seen.
    std::vector<uint8_t> exact(current.begin(), current.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

std::vector<std::string> read_corpus(const std::vector<std::string>& places) {
    std::vector<std::filesystem::path> files;
    for (const auto& place : places) {
        if (!std::filesystem::is_directory(place)) {
            files.emplace_back(place);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(place)) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> corpus;
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            std::fprintf(stderr, "%s cannot be read\n", path.c_str());
            std::exit(2);
        }
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

class Mutator {
  public:
    explicit Mutator(const std::vector<std::string>& corpus) : corpus_(corpus), random_(seed) {}

    std::string next() {
        auto text = any();
        for (auto changes = below(8) + 1; changes > 0; --changes) change(text);
        return text;
    }

  private:
    size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
    const std::string& any() { return corpus_[below(corpus_.size())]; }

    void change(std::string& text) {
        static constexpr std::string_view interesting[] = {"0", "-1", "2147483648", "18446744073709551615", "99999999999999999999", "\r\n", "\n", ":", "*",
                                                           "$", "{", "[", "\"", "\\", "%", "\x1b", "\xff", "\xe2\x80\xae", " ", ",", "=", "#", "'"};
        auto at = below(text.size() + 1);
        switch (below(7)) {
            case 0:
                if (at < text.size()) text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1u << below(8)));
                break;
            case 1:
                if (at < text.size()) text[at] = static_cast<char>(below(256));
                break;
            case 2: text.erase(at, below(16)); break;
            case 3: text.insert(at, interesting[below(std::size(interesting))]); break;
            case 4: text.insert(at, text.substr(below(text.size() + 1), below(64))); break;
            case 5: text.resize(at); break;
            case 6: {
                const auto& other = any();
                text = text.substr(0, at) + other.substr(below(other.size() + 1));
                break;
            }
        }
        if (text.size() > longest) text.resize(longest);
    }

    static constexpr size_t longest = 64u << 10;
    const std::vector<std::string>& corpus_;
    std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
    double seconds = 1;
    std::vector<std::string> places;
    for (int i = 1; i < argc; ++i) {
        std::string_view word = argv[i];
        if (word == "--seed" && i + 1 < argc) {
            seed = std::strtoull(argv[++i], nullptr, 10);
        } else if (word == "--seconds" && i + 1 < argc) {
            seconds = std::strtod(argv[++i], nullptr);
        } else {
            places.emplace_back(word);
        }
    }
    auto corpus = read_corpus(places);
    if (corpus.empty()) {
        std::fprintf(stderr, "the corpus is empty\n");
        return 2;
    }
    for (int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, on_signal);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(keep_current);

    for (const auto& input : corpus) run(input);
    Mutator mutator(corpus);
    auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (std::chrono::steady_clock::now() < end) run(mutator.next());
    std::printf("%zu inputs of the corpus, %llu mutations with --seed %llu, no crash\n", corpus.size(), number - corpus.size(), seed);
}
