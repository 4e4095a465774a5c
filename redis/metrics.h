// INFO as Prometheus metrics, by the names that redis_exporter gave them, so that its alerts and dashboards go on
// working. Pure. https://github.com/oliver006/redis_exporter exporter/exporter.go and info.go;
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
#pragma once

#include "redis/info_fields.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redisctl::redis {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Metrics {
  public:
    // What a node said of itself, INFO of all the sections of metric_sections() together. What it does not say, or what
    // is no number, is left out: unknown is never 0.
    void add_node(const InfoFields& info, const MetricLabels& labels);
    // A node that gave no answer: redis_up is 0, and all else unknown.
    void add_silent(const MetricLabels& labels);

    struct Sample {
        std::string name;
        MetricLabels labels;
        double value;
    };
    std::vector<Sample> samples() const;  // sorted by name

    // The exposition format 0.0.4: each family once, with its help and type, sorted by name. Any bytes in labels are
    // escaped.
    std::string text() const;

  private:
    enum class Type { gauge, counter };
    struct Family {
        std::string_view help;
        Type type;
        std::vector<std::pair<MetricLabels, double>> samples;
    };
    void add(const std::string& name, std::string_view help, Type type, MetricLabels labels, double value);
    void add_replication(const InfoFields& info, const MetricLabels& labels);
    void add_databases(const InfoFields& info, const MetricLabels& labels);

    std::map<std::string, Family> families_;
};

std::vector<std::string_view> metric_sections();

}  // namespace redisctl::redis
