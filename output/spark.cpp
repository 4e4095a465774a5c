#include "output/spark.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace redisctl::output {

std::string spark_line(const std::vector<std::optional<double>>& values) {
    constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double largest = 0;
    for (const std::optional<double>& value : values) largest = std::max(largest, value.value_or(0));
    std::string line;
    for (const std::optional<double>& value : values) {
        const double part = largest > 0 ? std::clamp(value.value_or(0) / largest, 0.0, 1.0) : 0;
        const auto step = static_cast<size_t>(std::lround(part * static_cast<double>(blocks.size() - 1)));
        line += value ? blocks[step] : " ";
    }
    return line;
}

}  // namespace redisctl::output
