#include "kube/list_reader.h"

#include "base/text.h"
#include "kube/json_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxBytes = 32 << 20;

// Objects and arrays of these names are left out, wherever they stand; labels and the like have texts for values, so
// none of them is hit.
constexpr std::array<std::string_view, 8> kUnread{"managedFields",
                                                  "affinity",
                                                  "tolerations",
                                                  "securityContext",
                                                  "resources",
                                                  "lastState",
                                                  "topologySpreadConstraints",
                                                  "hostIPs"};

// A SAX handler that builds the tree of the page, but hands over each element of the top object's "items" at its end
// and forgets it.
class Builder {
  public:
    Builder(const std::function<void(const json&)>* take, bool whole) : take_(take), whole_(whole) {}

    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(json::number_integer_t value) { return put(value); }
    bool number_unsigned(json::number_unsigned_t value) { return put(value); }
    bool number_float(json::number_float_t value, const std::string&) { return put(value); }
    bool string(std::string& value) { return put(std::move(value)); }
    bool binary(json::binary_t&) { return false; }

    bool key(std::string& name) {
        if (skipping_ == 0) key_ = std::move(name);
        return true;
    }
    bool start_object(size_t) { return open(json::value_t::object); }
    bool start_array(size_t) { return open(json::value_t::array); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool parse_error(size_t position, const std::string&, const json::exception&) {
        // The library's own words quote the text, which may be a Secret.
        if (cause_.empty()) cause_ = fmt::format("no JSON at byte {}", position);
        return false;
    }

    json& root() { return root_; }
    const std::string& cause() const { return cause_; }

  private:
    bool open(json::value_t type) {
        if (open_.size() + skipping_ >= kMaxDepth) return stop(fmt::format("nested over {} levels", kMaxDepth));
        if (skipping_ > 0 ||
            (!whole_ && in_object() && std::find(kUnread.begin(), kUnread.end(), key_) != kUnread.end())) {
            ++skipping_;
            return true;
        }
        if (open_.empty() && type != json::value_t::object) return stop("it is no object");
        if (in_items() && type != json::value_t::object) return no_object();
        const bool is_items = open_.size() == 1 && in_object() && key_ == "items" && take_ != nullptr;
        if (is_items && type != json::value_t::array) return stop("items is no list");
        open_.push_back(&place(json(type)));
        if (is_items) items_ = open_.back();
        return true;
    }

    bool close() {
        if (skipping_ > 0) {
            --skipping_;
            return true;
        }
        json* closed = open_.back();
        open_.pop_back();
        if (!in_items()) return true;
        (*take_)(*closed);
        items_->clear();
        ++count_;
        return true;
    }

    template <class Value>
    bool put(Value&& value) {
        if (skipping_ > 0) return true;
        if (in_items()) return no_object();
        place(json(std::forward<Value>(value)));
        return true;
    }

    json& place(json value) {
        if (open_.empty()) return root_ = std::move(value);
        json& parent = *open_.back();
        if (parent.is_object()) return parent[key_] = std::move(value);
        return parent.emplace_back(std::move(value));
    }

    bool in_object() const { return !open_.empty() && open_.back()->is_object(); }
    bool in_items() const { return items_ != nullptr && !open_.empty() && open_.back() == items_; }
    bool no_object() { return stop(fmt::format("items[{}] is no object", count_)); }
    bool stop(std::string cause) {
        cause_ = std::move(cause);
        return false;
    }

    const std::function<void(const json&)>* take_;
    bool whole_;
    json root_;
    std::vector<json*>
        open_;  // the containers that are open, outermost first; only the last one grows, so none of them moves
    json* items_ = nullptr;
    std::string key_, cause_;
    size_t skipping_ = 0;  // levels open inside a subtree that is left out
    size_t count_ = 0;
};

Result<json> build(std::string_view text, std::string_view kind, const std::function<void(const json&)>* take,
                   bool whole) {
    auto wrong = [&](std::string cause) {
        return fail(ErrorCode::protocol, fmt::format("the API's answer is no {}", kind.empty() ? "object" : kind),
                    std::move(cause));
    };
    if (text.size() > kMaxBytes) return wrong(fmt::format("it is larger than {}", human_bytes(kMaxBytes)));
    Builder builder(take, whole);
    if (!json::sax_parse(text.data(), text.data() + text.size(), &builder)) return wrong(builder.cause());
    json& root = builder.root();
    if (!root.is_object()) return wrong("it is no object");
    if (std::string found = text_at(root, "kind"); !kind.empty() && found != kind)
        return wrong(found.empty() ? "it names no kind" : fmt::format("its kind is {}", printable(found)));
    return std::move(root);
}

}  // namespace

Result<ListHead> read_list(std::string_view text, std::string_view kind, const std::function<void(const json&)>& take) {
    TRY_ASSIGN(json root, build(text, kind, &take, false));
    if (const json& items = member(root, "items"); !items.is_null() && !items.is_array())
        return fail(ErrorCode::protocol, fmt::format("the API's answer is no {}", kind), "items is no list");
    const json& metadata = member(root, "metadata");
    return ListHead{text_at(metadata, "continue"), text_at(metadata, "resourceVersion")};
}

Result<json> read_object(std::string_view text, std::string_view kind, bool whole) {
    return build(text, kind, nullptr, whole);
}

}  // namespace redisctl::kube
