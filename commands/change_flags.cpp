#include "commands/change_flags.h"

namespace redisctl {

std::vector<Option> change_options(ChangeFlags& flags) {
    return {
        {"--dry-run", "", "Show the plan with its checks, commands and undo, and change nothing", &flags.dry_run},
        {"-y,--yes", "", "Do not ask", &flags.yes},
        {"--confirm", "NAME", "The instance's name: stands for typing it where something can be lost", &flags.confirm},
        {"--step", "", "Ask before every step", &flags.step}};
}

}  // namespace redisctl
