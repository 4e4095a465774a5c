#include "base/shell_words.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/node_container.h"
#include "commands/node_names.h"
#include "commands/shell_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

#include <sys/stat.h>
#include <unistd.h>

namespace redisctl {

namespace {

// bash where there is one, and nothing is said where there is none.
const std::vector<std::string> kUsualShell{"sh", "-c", "command -v bash >/dev/null && exec bash || exec sh"};

struct Options {
    std::vector<std::string> node, command;
    std::string container;
    bool dry_run = false;
};

std::string kubectl_exec(const kube::ExecQuestion& question) {
    const std::string_view streams = question.terminal ? "-it " : question.input ? "-i " : "";
    std::string text =
        fmt::format("kubectl exec -n {} {}{} -c {} --", question.ns, streams, question.pod, question.container);
    for (const std::string& word : question.command) text += ' ' + shell_word(word);
    return text;
}

// Then the command is given no input at all, and a server that cannot close one need not.
bool is_nothing(int fd) {
    struct stat input {}, nothing {};
    return ::fstat(fd, &input) == 0 && ::stat("/dev/null", &nothing) == 0 && input.st_rdev == nothing.st_rdev &&
           S_ISCHR(input.st_mode);
}

class Shell {
  public:
    Shell(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        TRY(check_flags());
        TRY(choose_node());
        TRY_ASSIGN(const kube::ExecQuestion question, question_for());
        if (options_.dry_run) return show(question);
        TRY(check_running(question));
        context_.output().detail(fmt::format("{}", kubectl_exec(question)));
        Result<int> ended = ShellSession(context_.loop(), *context_.client(), context_.output(), question).run();
        if (ended) return static_cast<ExitCode>(*ended);
        Error error = std::move(ended).error();
        if (error.reason == "NO_SUCH_PROGRAM")
            error.hint = !options_.command.empty()
                             ? fmt::format("redisctl shell {}, to see what there is", node_.name)
                             : fmt::format("where an image has no shell: kubectl debug -n {} -it {} --image=busybox "
                                           "--target={}",
                                           question.ns, question.pod, question.container);
        return fail(std::move(error));
    }

  private:
    Result<void> check_flags() const {
        const Globals& globals = context_.globals();
        if (output::is_document(context_.output().settings().format) && !options_.dry_run)
            return fail(ErrorCode::usage, "a shell has no document", "what the command says is passed on as it is",
                        "redisctl shell --dry-run --json, or redisctl shell -- COMMAND");
        if (globals.redis.from_stdin || globals.sentinel.from_stdin)
            return fail(ErrorCode::usage, "stdin cannot be the password and the command's input", {},
                        "--password-file FILE");
        if (globals.nodes.size() + options_.node.size() > 1)
            return fail(ErrorCode::usage, "a shell is in one pod", "several nodes are named", "redisctl shell NODE");
        if (!globals.without_kubernetes()) return {};
        const net::HostPort& host = (globals.hosts.empty() ? globals.sentinels : globals.hosts).front();
        return fail(Error{ErrorCode::refused, "plain hosts have no pods to open a shell in",
                          "it goes by the Kubernetes API, and --host and --sentinel look at no Kubernetes",
                          fmt::format("ssh {}", host.host), "NO_POD"});
    }

    // By name nobody but the API is asked: a shell is wanted where Redis does not answer, too.
    Result<void> choose_node() {
        const std::vector<std::string>& named = options_.node.empty() ? context_.globals().nodes : options_.node;
        if (!named.empty()) {
            TRY_ASSIGN(found_, context_.find());
            TRY(NodeNames::among(found_, named));
            return take(named.front());
        }
        TRY_ASSIGN(Look seen, look_at_one(context_, "a shell is in one pod"));
        const topology::Picture& picture = seen.pictures.front();
        if (picture.master.empty())
            return fail(Error{ErrorCode::refused, fmt::format("{} has no agreed master", picture.full_name()),
                              "without a NODE the shell is in the master's pod",
                              "redisctl master-info, or redisctl shell NODE", "NO_MASTER"});
        found_ = std::move(seen.found);
        return take(picture.master);
    }

    Result<void> take(const std::string& name) {
        std::vector<std::string> instances;
        for (const fleet::Instance& instance : found_.inventory.instances)
            for (const auto* nodes : {&instance.nodes, &instance.sentinels})
                for (const fleet::Node& node : *nodes) {
                    if (node.name != name) continue;
                    instances.push_back(instance.full_name());
                    node_ = node;
                    instance_ = instance.full_name();
                    if (const kube::Pod* pod = pod_of(instance, node)) pod_ = *pod;
                }
        if (instances.size() > 1)
            return fail(ErrorCode::not_found, fmt::format("several nodes are called {}", name),
                        fmt::format("they are of {}", fmt::join(instances, ", ")),
                        "name one: --instance NAME, or -n NAMESPACE");
        if (instances.empty() || pod_.meta.name.empty())
            return fail(Error{ErrorCode::refused, fmt::format("{} is in no pod of this namespace", name),
                              "a shell is in a pod, by the Kubernetes API", fmt::format("ssh {}", name), "NO_POD"});
        return {};
    }

    Result<kube::ExecQuestion> question_for() const {
        kube::ExecQuestion question{pod_.meta.ns, pod_.meta.name, options_.container, options_.command};
        const std::vector<std::string> names = container_names(pod_);
        if (question.container.empty()) question.container = container_of(pod_, node_);
        if (std::ranges::find(names, question.container) == names.end())
            return fail(ErrorCode::not_found,
                        fmt::format("pod {} has no container {}", question.pod, question.container),
                        fmt::format("there are: {}", fmt::join(names, ", ")));
        if (question.command.empty()) question.command = kUsualShell;
        question.input = !is_nothing(STDIN_FILENO);
        // A terminal would make two bytes of each newline and one stream of two: not for what goes into a file.
        question.terminal = ::isatty(STDIN_FILENO) == 1 && context_.output().settings().out.tty;
        return question;
    }

    Result<void> check_running(const kube::ExecQuestion& question) const {
        const auto status = std::ranges::find(pod_.statuses, question.container, &kube::ContainerStatus::name);
        if (status == pod_.statuses.end() || status->running) return {};
        return fail(Error{ErrorCode::unreachable,
                          fmt::format("container {} of pod {} does not run", question.container, question.pod),
                          status->waiting_reason,
                          fmt::format("redisctl logs {} -c {}", node_.name, question.container), "NOT_RUNNING"});
    }

    Result<ExitCode> show(const kube::ExecQuestion& question) {
        output::Document document("Shell", context_.kube_context());
        document.add_item({{"instance", instance_.substr(instance_.find('/') + 1)},
                           {"namespace", question.ns},
                           {"node", node_.name},
                           {"pod", question.pod},
                           {"container", question.container},
                           {"command", question.command},
                           {"terminal", question.terminal},
                           {"kubectl", kubectl_exec(question)}});
        document.add_name(node_.name);
        document.set_text(kubectl_exec(question) + '\n');
        TRY(context_.output().print(document));
        return ExitCode::ok;
    }

    Context& context_;
    const Options& options_;
    fleet::Found found_;
    fleet::Node node_;
    kube::Pod pod_;
    std::string instance_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"-c,--container", "NAME", "In this container of the pod, instead of Redis' own", &options->container},
        {"--dry-run", "", "Show the kubectl command that does the same, and start nothing", &options->dry_run}};
    spec.positionals = {
        {"NODE", "Node whose pod it is; the master when none is named", &options->node, false, false, "node"}};
    spec.rest_is_argv = spec.rest_is_optional = true;
    spec.rest = &options->command;
    spec.examples = {"redisctl shell", "redisctl shell redis-1 -c metrics", "redisctl shell redis-1 -- df -h /data",
                     "redisctl shell -- cat /data/dump.rdb"};
    spec.run = [options](Context& context) { return Shell(context, *options).run(); };
}

}  // namespace

extern const Command shell_command{
    "shell", Group::change, "Open a shell in a node's pod, or run a command there; its exit code is passed on",
    Uses::target, {"bash"}, bind, "Shell"};

}  // namespace redisctl
