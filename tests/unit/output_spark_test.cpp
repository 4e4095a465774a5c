#include "output/spark.h"

#include <doctest/doctest.h>

#include <limits>

using redisctl::output::spark_line;

TEST_CASE("Between nothing and the largest, and a blank for what is not known") {
    CHECK(spark_line({}) == "");
    CHECK(spark_line({0, 0}) == "▁▁");
    CHECK(spark_line({0, 50, std::nullopt, 100}) == "▁▅ █");
    CHECK(spark_line({7}) == "█");
    CHECK(spark_line({std::nullopt}) == " ");
    CHECK(spark_line({-1, 4}) == "▁█");
    CHECK(spark_line({1, std::numeric_limits<double>::max()}) == "▁█");
}
