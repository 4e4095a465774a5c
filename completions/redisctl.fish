# fish completion of redisctl; written by `redisctl completion fish`.

# The flags typed so far that say where to look.
function __redisctl_target
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -A --all-namespaces
                echo -- -A
            case -n --namespace -l --selector --context --kubeconfig --host --sentinel --master-name
                set -l next (math $i + 1)
                if test $next -le (count $words)
                    echo -- $words[$i]
                    echo -- $words[$next]
                end
            case '--namespace=*' '--selector=*' '--context=*' '--kubeconfig=*' '--host=*' '--sentinel=*' '--master-name=*'
                echo -- $words[$i]
        end
    end
end

function __redisctl_node
    redisctl pods -o name --timeout 2s (__redisctl_target) 2>/dev/null
end

function __redisctl_instance
    redisctl status -o name --timeout 2s (__redisctl_target) 2>/dev/null | string replace -r '.*/' ''
end

function __redisctl_context
    kubectl config get-contexts -o name 2>/dev/null
end

function __redisctl_namespace
    kubectl get namespaces -o name --request-timeout 2s 2>/dev/null | string replace -r '.*/' ''
end

complete -c redisctl -f
complete -c redisctl -n __fish_use_subcommand -a completion -d 'Print the completion script for a shell, to be sourced by it'
complete -c redisctl -n __fish_use_subcommand -a help -d 'Explain a command, the shared flags or the exit codes'
complete -c redisctl -n __fish_use_subcommand -a info -d 'Show INFO of every node, side by side'
complete -c redisctl -n __fish_use_subcommand -a man -d 'Print a manual page, as man(1) reads it'
complete -c redisctl -n __fish_use_subcommand -a master-info -d 'Show the master that all witnesses agree on, or who disagrees'
complete -c redisctl -n __fish_use_subcommand -a ping -d 'Ask every Redis and Sentinel for a PONG, with the time that it took to connect and answer'
complete -c redisctl -n __fish_use_subcommand -a pods -d 'Show which nodes were found, how they are reached and where their passwords come from'
complete -c redisctl -n __fish_use_subcommand -a replica-lag -d 'Show how far behind each replica is, in bytes and seconds'
complete -c redisctl -n __fish_use_subcommand -a replication-info -d 'Show who is master, who follows whom and how far behind'
complete -c redisctl -n __fish_use_subcommand -a role -d 'Show each node\'s role as the node itself says it'
complete -c redisctl -n __fish_use_subcommand -a schema -d 'Print the JSON Schema of a kind of document'
complete -c redisctl -n __fish_use_subcommand -a status -d 'Show the replication tree, what is wrong with it, and one verdict'
complete -c redisctl -n __fish_use_subcommand -a version -d 'Show the version of this program, of its libraries and of every server'
complete -c redisctl -n '__fish_seen_subcommand_from completion help info redis-info man master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role schema status redis-status check-replication version redis-version' -l color -x -a 'auto always never' -d 'Colours: auto is on a terminal, unless $NO_COLOR is set'
complete -c redisctl -n '__fish_seen_subcommand_from completion help info redis-info man master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role schema status redis-status check-replication version redis-version' -s q -l quiet -d 'No notes on stderr, only errors'
complete -c redisctl -n '__fish_seen_subcommand_from completion help info redis-info man master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role schema status redis-status check-replication version redis-version' -s v -l verbose -d 'More on stderr about what is done'
complete -c redisctl -n '__fish_seen_subcommand_from completion help info redis-info man master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role schema status redis-status check-replication version redis-version' -s h -l help -d 'Show this help'
complete -c redisctl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
complete -c redisctl -n '__fish_seen_subcommand_from help' -a 'completion help info man master-info ping pods replica-lag replication-info role schema status version exit-codes flags'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -s n -l namespace -x -a '(__redisctl_namespace)' -d 'Namespace to look in; the current context\'s by default'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -s A -l all-namespaces -d 'Look in all namespaces'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -s l -l selector -x -d 'Only pods with these labels, as kubectl takes them: key=value,key2!=value'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l instance -x -a '(__redisctl_instance)' -d 'Only the instance of this name; with --host, the name to give it'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l node -x -a '(__redisctl_node)' -d 'Only this node; may be repeated'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l host -x -d 'A Redis without Kubernetes; may be repeated, the master and replicas that it reports are asked too'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l sentinel -x -d 'A Sentinel without Kubernetes; may be repeated'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l master-name -x -d 'The master\'s name in Sentinel, when it watches several'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l system -x -a 'standalone generic sentinel bitnami-standalone bitnami-replication bitnami-sentinel bitnami-ismaster spotahome spotahome-bootstrap sb-standalone sb-replica unrelated-masters cluster-mode' -d 'Take the instance for this system instead of recognising it'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l context -x -a '(__redisctl_context)' -d 'Context of the kubeconfig to use'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l kubeconfig -r -F -d 'Kubeconfig to read; $KUBECONFIG or ~/.kube/config by default'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l as -x -d 'User to impersonate'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l as-group -x -d 'Group to impersonate, with --as; may be repeated'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l request-timeout -x -d 'Longest wait for one API request, 10s by default; a bare number is seconds, 0 is no limit'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l tls-server-name -x -d 'Name to verify in the API server\'s certificate'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l insecure-skip-tls-verify -d 'Do not verify the API server\'s certificate'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l via -x -a 'auto port-forward direct' -d 'How to reach pods: auto is direct inside the cluster, else port-forward'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l tls -d 'Speak TLS to Redis, also where the pod\'s spec does not show it'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l cacert -r -F -d 'CA certificates to verify Redis with'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l cert -r -F -d 'Client certificate, with --key'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l key -r -F -d 'Key of the client certificate, with --cert'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l sni -x -d 'Name to ask for and to verify in Redis\' certificate'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l insecure -d 'Do not verify Redis\' certificate'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l timeout -x -d 'Longest time for the whole command (500ms, 5s, 2m), 10s by default'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l user -x -d 'ACL user of Redis'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l password-file -r -F -d 'Read Redis\' password from a file'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l password-stdin -d 'Read Redis\' password from stdin'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l password-secret -x -d 'Read Redis\' password from this Secret'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l sentinel-user -x -d 'ACL user of Sentinel'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l sentinel-password-file -r -F -d 'Read Sentinel\'s password from a file'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l sentinel-password-stdin -d 'Read Sentinel\'s password from stdin'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l sentinel-password-secret -x -d 'Read Sentinel\'s password from this Secret'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -s o -l output -x -a 'table wide json yaml name' -d 'Format of the answer'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l json -d 'The same as -o json'
complete -c redisctl -n '__fish_seen_subcommand_from info redis-info master-info redis-master-info master ping redis-ping pods redis-pods replica-lag redis-replica-lag lag replication-info redis-replication-info replication topology role redis-role status redis-status check-replication version redis-version' -l no-headers -d 'Only rows: no titles, and findings go to stderr'
complete -c redisctl -n '__fish_seen_subcommand_from man' -a 'redisctl.1 redisctl-completion.1 redisctl-help.1 redisctl-info.1 redisctl-man.1 redisctl-master-info.1 redisctl-ping.1 redisctl-pods.1 redisctl-replica-lag.1 redisctl-replication-info.1 redisctl-role.1 redisctl-schema.1 redisctl-status.1 redisctl-version.1 redisctl-exit-codes.7'
complete -c redisctl -n '__fish_seen_subcommand_from master-info redis-master-info master ping redis-ping replica-lag redis-replica-lag lag status redis-status check-replication' -l fail-on -x -a 'warning critical' -d 'Exit 1 from this severity on, critical by default'
complete -c redisctl -n '__fish_seen_subcommand_from ping redis-ping role redis-role' -a '(__redisctl_node)'
complete -c redisctl -n '__fish_seen_subcommand_from replica-lag redis-replica-lag lag' -l max-bytes -x -d 'Exit 1 when a replica is further behind than this (64KiB, 1MiB), or when that is unknown'
complete -c redisctl -n '__fish_seen_subcommand_from replica-lag redis-replica-lag lag' -l max-seconds -x -d 'Exit 1 when the master has not heard a replica\'s acknowledgement for longer than this'
complete -c redisctl -n '__fish_seen_subcommand_from schema' -a 'Info MasterInfo Ping PodList ReplicaLag ReplicationInfo Role Status Version'
complete -c redisctl -n '__fish_seen_subcommand_from version redis-version' -l client -d 'Only this program and its libraries; nothing is opened'
