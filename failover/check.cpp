#include "failover/check.h"

namespace redisctl::failover {

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return "ok";
        case Verdict::warn:
            return "warn";
        case Verdict::block:
            return "block";
        case Verdict::unknown:
            break;
    }
    return "unknown";
}

bool refuses(const Check& check) {
    return check.verdict == Verdict::block || check.verdict == Verdict::unknown;
}

}  // namespace redisctl::failover
