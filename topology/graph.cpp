#include "topology/graph.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace redisctl::topology {

namespace {

using redis::Role;

bool is(const Result<redis::NodeView>& view, Role role) {
    return view && view->role == role;
}

// Nodes with a replica line that none of our nodes' addresses explains, by replication id.
std::unordered_map<std::string, std::vector<size_t>> nodes_with_strangers(const fleet::Instance& instance,
                                                                          const Answers& answers,
                                                                          const AddressBook& book) {
    std::unordered_map<std::string, std::vector<size_t>> out;
    for (size_t i = 0; i < answers.nodes.size(); i++) {
        if (!answers.nodes[i] || book.first_of(i) != i || answers.nodes[i]->replid.empty()) continue;
        const auto& lines = answers.nodes[i]->replicas;
        if (std::any_of(lines.begin(), lines.end(),
                        [&](const auto& line) { return !book.find(line.host, line.port, instance.nodes[i]); }))
            out[answers.nodes[i]->replid].push_back(i);
    }
    return out;
}

class Resolver {
  public:
    Resolver(const fleet::Instance& instance, const Answers& answers, const AddressBook& book)
        : instance_(instance), answers_(answers), book_(book) {}

    std::optional<size_t> master_of(size_t i) {
        const auto& view = answers_.nodes[i];
        if (!is(view, Role::replica) || view->master_host.empty() || !view->master_port) return std::nullopt;
        if (auto found = book_.find(view->master_host, *view->master_port, instance_.nodes[i])) return found;
        return view->link_up == true ? by_history(i) : std::nullopt;
    }

    std::optional<size_t> leaving_master_of(size_t i) const {
        const auto& view = answers_.nodes[i];
        if (!is(view, Role::replica) || !view->master_port) return std::nullopt;
        return book_.find_leaving(view->master_host, *view->master_port);
    }

  private:
    std::optional<size_t> by_history(size_t i) {
        if (!strangers_) strangers_ = nodes_with_strangers(instance_, answers_, book_);
        const auto& view = *answers_.nodes[i];
        auto it = strangers_->find(view.replid);
        if (it == strangers_->end()) return std::nullopt;
        std::vector<size_t> all, same_port;
        for (auto candidate : it->second) {
            if (candidate == book_.first_of(i)) continue;
            all.push_back(candidate);
            if (answers_.nodes[candidate]->tcp_port == view.master_port ||
                instance_.nodes[candidate].address.port == *view.master_port)
                same_port.push_back(candidate);
        }
        if (all.size() == 1) return all.front();
        return same_port.size() == 1 ? std::optional(same_port.front()) : std::nullopt;
    }

    const fleet::Instance& instance_;
    const Answers& answers_;
    const AddressBook& book_;
    std::optional<std::unordered_map<std::string, std::vector<size_t>>> strangers_;
};

}  // namespace

std::optional<size_t> Graph::top(size_t i, const Answers& answers) const {
    if (end[i].kind != ChainEnd::node || !is(answers.nodes[end[i].last], Role::master)) return std::nullopt;
    return end[i].last;
}

Graph make_graph(const fleet::Instance& instance, const Answers& answers, const AddressBook& book) {
    Graph graph;
    size_t count = answers.nodes.size();
    Resolver resolver(instance, answers, book);
    for (size_t i = 0; i < count; i++) {
        graph.master.push_back(resolver.master_of(i));
        graph.leaving.push_back(resolver.leaving_master_of(i));
        graph.first.push_back(book.first_of(i));
    }

    enum class Mark { fresh, on_path, done };
    std::vector<Mark> mark(count, Mark::fresh);
    graph.end.resize(count);
    for (size_t start = 0; start < count; start++) {
        std::vector<size_t> path;
        size_t at = start;
        while (mark[at] == Mark::fresh && graph.master[at]) {
            mark[at] = Mark::on_path;
            path.push_back(at);
            at = *graph.master[at];
        }
        ChainEnd end;
        if (mark[at] == Mark::on_path) {
            auto circle = std::vector<size_t>(std::find(path.begin(), path.end(), at), path.end());
            end = {ChainEnd::loop, at};
            graph.loops.push_back(std::move(circle));
        } else if (mark[at] == Mark::done) {
            end = graph.end[at];
        } else {
            bool replica = is(answers.nodes[at], Role::replica);
            bool says = replica && !answers.nodes[at]->master_host.empty();
            end = {!replica ? ChainEnd::node : says ? ChainEnd::outside : ChainEnd::unknown, at};
            graph.end[at] = end;
            mark[at] = Mark::done;
        }
        for (auto i : path) {
            graph.end[i] = end;
            mark[i] = Mark::done;
        }
    }
    return graph;
}

}  // namespace redisctl::topology
