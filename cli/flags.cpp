#include "cli/flags.h"

namespace redisctl::cli {

std::vector<FlagGroup> shared_flags(TypedFlags& typed, Uses uses, Group group) {
    std::vector<FlagGroup> groups;
    if (uses == Uses::target) {
        groups.push_back(
            {"Target",
             {{"-n,--namespace",
               "NAMESPACE",
               "Namespace to look in; the current context's by default",
               &typed.ns,
               {},
               "namespace"},
              {"-A,--all-namespaces", "", "Look in all namespaces", &typed.all_namespaces},
              {"-l,--selector", "SELECTOR", "Only pods with these labels, as kubectl takes them: key=value,key2!=value",
               &typed.selector},
              {"--instance",
               "NAME",
               "Only the instance of this name; with --host, the name to give it",
               &typed.instance,
               {},
               "instance"},
              {"--node", "NAME", "Only this node; may be repeated", &typed.nodes, {}, "node"},
              {"--host", "HOST[:PORT]",
               "A Redis without Kubernetes; may be repeated, the master and replicas that it reports are asked too",
               &typed.hosts},
              {"--sentinel", "HOST[:PORT]", "A Sentinel without Kubernetes; may be repeated", &typed.sentinels},
              {"--master-name", "NAME", "The master's name in Sentinel, when it watches several", &typed.master_name},
              {"--system",
               "SYSTEM",
               "Take the instance for this system instead of recognising it",
               &typed.system,
               {"standalone", "generic", "sentinel", "bitnami-standalone", "bitnami-replication", "bitnami-sentinel",
                "bitnami-ismaster", "spotahome", "spotahome-bootstrap", "sb-standalone", "sb-replica",
                "unrelated-masters", "cluster-mode"}},
              {"--read-only", "", "Refuse every change, as $REDISCTL_READ_ONLY does", &typed.read_only}}});
        groups.push_back(
            {"Kubernetes",
             {{"--context", "NAME", "Context of the kubeconfig to use", &typed.context, {}, "context"},
              {"--kubeconfig",
               "FILE",
               "Kubeconfig to read; $KUBECONFIG or ~/.kube/config by default",
               &typed.kubeconfig,
               {},
               "file"},
              {"--as", "USER", "User to impersonate", &typed.as},
              {"--as-group", "GROUP", "Group to impersonate, with --as; may be repeated", &typed.as_groups},
              {"--request-timeout", "DURATION",
               "Longest wait for one API request, 10s by default; a bare number is seconds, 0 is no limit",
               &typed.request_timeout},
              {"--tls-server-name", "NAME", "Name to verify in the API server's certificate", &typed.tls_server_name},
              {"--insecure-skip-tls-verify", "", "Do not verify the API server's certificate",
               &typed.insecure_skip_tls_verify},
              {"--via",
               "ROUTE",
               "How to reach pods: auto is direct inside the cluster, else port-forward",
               &typed.via,
               {"auto", "port-forward", "direct"}}}});
        groups.push_back({"Connection",
                          {{"--tls", "", "Speak TLS to Redis, also where the pod's spec does not show it", &typed.tls},
                           {"--cacert", "FILE", "CA certificates to verify Redis with", &typed.cacert, {}, "file"},
                           {"--cert", "FILE", "Client certificate, with --key", &typed.cert, {}, "file"},
                           {"--key", "FILE", "Key of the client certificate, with --cert", &typed.key, {}, "file"},
                           {"--sni", "NAME", "Name to ask for and to verify in Redis' certificate", &typed.sni},
                           {"--insecure", "", "Do not verify Redis' certificate", &typed.insecure},
                           {"--timeout", "DURATION",
                            "Longest time for the whole command (500ms, 5s, 2m), 10s by default", &typed.timeout}}});
        groups.push_back(
            {"Passwords (by default from the Secret that the pod names, else $REDISCLI_AUTH)",
             {{"--user", "NAME", "ACL user of Redis", &typed.redis.user},
              {"--password-file", "FILE", "Read Redis' password from a file", &typed.redis.file, {}, "file"},
              {"--password-stdin", "", "Read Redis' password from stdin", &typed.redis.from_stdin},
              {"--password-secret", "NAME:KEY", "Read Redis' password from this Secret", &typed.redis.secret},
              {"--sentinel-user", "NAME", "ACL user of Sentinel", &typed.sentinel.user},
              {"--sentinel-password-file",
               "FILE",
               "Read Sentinel's password from a file",
               &typed.sentinel.file,
               {},
               "file"},
              {"--sentinel-password-stdin", "", "Read Sentinel's password from stdin", &typed.sentinel.from_stdin},
              {"--sentinel-password-secret", "NAME:KEY", "Read Sentinel's password from this Secret",
               &typed.sentinel.secret}}});
    }
    std::vector<Option> answer;
    if (uses != Uses::nothing) {
        answer.push_back({"-o,--output",
                          "FORMAT",
                          "Format of the answer",
                          &typed.format,
                          {"table", "wide", "json", "yaml", "name"}});
        answer.push_back({"--json", "", "The same as -o json", &typed.json});
        answer.push_back({"--no-headers", "", "Only rows: no titles, and findings go to stderr", &typed.no_headers});
    }
    if (group == Group::judge)
        answer.push_back({"--fail-on",
                          "SEVERITY",
                          "Exit 1 from this severity on, critical by default",
                          &typed.fail_on,
                          {"warning", "critical"}});
    answer.push_back({"--color",
                      "WHEN",
                      "Colours: auto is on a terminal, unless $NO_COLOR is set",
                      &typed.color,
                      {"auto", "always", "never"}});
    answer.push_back({"-q,--quiet", "", "No notes on stderr, only errors", &typed.quiet});
    answer.push_back({"-v,--verbose", "", "More on stderr about what is done", &typed.verbose});
    answer.push_back({"-h,--help", "", "Show this help", &typed.help});
    groups.push_back({kOutputFlags, std::move(answer)});
    return groups;
}

}  // namespace redisctl::cli
