#include "cli/run.h"

int main(int argc, char** argv) {
    return redisctl::cli::run_process({argv, static_cast<size_t>(argc)});
}
