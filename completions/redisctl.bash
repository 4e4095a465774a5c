# bash completion of redisctl; written by `redisctl completion bash`.

# The words as they were typed, up to the one that is being typed.
_redisctl_join() {
    local line=$COMP_LINE i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i > 0)) && [[ -z $line || -n ${COMP_WORDS[i]} && $line == "${COMP_WORDS[i]}"* ]]; then
            typed[-1]+=${COMP_WORDS[i]}
        else
            typed+=("${COMP_WORDS[i]}")
        fi
        line=${line#*"${COMP_WORDS[i]}"}
    done
}

# The lines that begin with what is typed. compgen -W would run what a name holds: $(...).
_redisctl_words() {
    local word
    while IFS= read -r word; do
        [[ -n $word && $word == "$cur"* ]] || continue
        printf -v word %q "$word"
        COMPREPLY+=("${word#"${cur%"$piece"}"}")
    done <<<"$1"
}

_redisctl_live() {
    _redisctl_words "$(redisctl __complete "${typed[@]:1}" 2>/dev/null)"
}

_redisctl_file() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_redisctl() {
    local typed=() command= i
    _redisctl_join
    local cur=${typed[-1]} before=${typed[-2]} piece=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    [[ $piece == [:=] ]] && piece=
    if [[ $cur == --*=* ]]; then before=${cur%%=*} cur=${cur#*=}; fi
    for ((i = 1; i < ${#typed[@]} - 1; i++)); do
        case ${typed[i]} in
            --confirm | -n | --namespace | -l | --selector | --instance | --node | --host | --sentinel | --master-name | --system | --context | --kubeconfig | --as | --as-group | --request-timeout | --tls-server-name | --via | --cacert | --cert | --key | --sni | --timeout | --user | --password-file | --password-secret | --sentinel-user | --sentinel-password-file | --sentinel-password-secret | -o | --output | --color | --dir | --passphrase-file | --retain | --from | --for | --idle-timeout | --top | --db | --rate | --by | --fail-on | --value-file | --promote | --avoid | --engine | --override | --handover-timeout | --settle | --interval | --duration | --write-port | --read-port | --bind | --password-variable | --certificates | --cluster-domain | --keep | --max-saved | --read-timeout | --wait | --limit | --type | --since | --tail | -c | --container | --serve | --max | --max-bytes | --max-seconds | --server | --work-dir | --load-wait | --class | --storage-class | --over | --max-age | --container | --image | --fewer-keys | --database) ((i++)) ;;
            -*) ;;
            *)
                [[ -z $command ]] && { command=${typed[i]}; continue; }
                case $command:${typed[i]} in backup:all | backup:aof | backup:config | backup:k8s | backup:list | backup:rdb | backup:show | backup:verify | config:diff | config:get | config:origin | config:set | haproxy:check | haproxy:generate | label:sync | restore:all | restore:aof | restore:config | restore:rdb | sentinel:check | sentinel:reset | sentinel:sync | snapshot:create | snapshot:list | snapshot:restore | upgrade:check | upgrade:rollback | upgrade:run | upgrade:verify) command=$command-${typed[i]} ;; esac
                break
                ;;
        esac
    done
    case $before in
        --as) :; return ;;
        --as-group) :; return ;;
        --avoid) _redisctl_live; return ;;
        --bind) :; return ;;
        --by) _redisctl_words $'host\nname\nuser\nlibrary\ntype\ncommand\ndatabase'; return ;;
        --cacert) _redisctl_file; return ;;
        --cert) _redisctl_file; return ;;
        --certificates) :; return ;;
        --class) :; return ;;
        --cluster-domain) :; return ;;
        --color) _redisctl_words $'auto\nalways\nnever'; return ;;
        --confirm) :; return ;;
        --container) :; return ;;
        --context) _redisctl_live; return ;;
        --database) :; return ;;
        --db) :; return ;;
        --dir) _redisctl_file; return ;;
        --duration) :; return ;;
        --engine) _redisctl_words $'failover-command\nfenced\nsentinel\nsentinel-coordinated\nsentinel-ahead'; return ;;
        --fail-on) _redisctl_words $'warning\ncritical'; return ;;
        --fewer-keys) :; return ;;
        --for) :; return ;;
        --from) _redisctl_words $'replica\nmaster'; return ;;
        --handover-timeout) :; return ;;
        --host) :; return ;;
        --idle-timeout) :; return ;;
        --image) :; return ;;
        --instance) _redisctl_live; return ;;
        --interval) :; return ;;
        --keep) _redisctl_live; return ;;
        --key) _redisctl_file; return ;;
        --kubeconfig) _redisctl_file; return ;;
        --limit) :; return ;;
        --load-wait) :; return ;;
        --master-name) :; return ;;
        --max) :; return ;;
        --max-age) :; return ;;
        --max-bytes) :; return ;;
        --max-saved) :; return ;;
        --max-seconds) :; return ;;
        --node) _redisctl_live; return ;;
        --over) :; return ;;
        --override) :; return ;;
        --passphrase-file) _redisctl_file; return ;;
        --password-file) _redisctl_file; return ;;
        --password-secret) :; return ;;
        --password-variable) :; return ;;
        --promote) _redisctl_live; return ;;
        --rate) :; return ;;
        --read-port) :; return ;;
        --read-timeout) :; return ;;
        --request-timeout) :; return ;;
        --retain) :; return ;;
        --sentinel) :; return ;;
        --sentinel-password-file) _redisctl_file; return ;;
        --sentinel-password-secret) :; return ;;
        --sentinel-user) :; return ;;
        --serve) :; return ;;
        --server) _redisctl_file; return ;;
        --settle) :; return ;;
        --since) :; return ;;
        --sni) :; return ;;
        --storage-class) :; return ;;
        --system) _redisctl_words $'standalone\ngeneric\nsentinel\nbitnami-standalone\nbitnami-replication\nbitnami-sentinel\nbitnami-ismaster\nspotahome\nspotahome-bootstrap\nsb-standalone\nsb-replica\nunrelated-masters\ncluster-mode'; return ;;
        --tail) :; return ;;
        --timeout) :; return ;;
        --tls-server-name) :; return ;;
        --top) :; return ;;
        --type) _redisctl_words $'string\nlist\nset\nzset\nhash\nstream'; return ;;
        --user) :; return ;;
        --value-file) _redisctl_file; return ;;
        --via) _redisctl_words $'auto\nport-forward\ndirect'; return ;;
        --wait) :; return ;;
        --work-dir) _redisctl_file; return ;;
        --write-port) :; return ;;
        -c | --container) :; return ;;
        -l | --selector) :; return ;;
        -n | --namespace) _redisctl_live; return ;;
        -o | --output) _redisctl_words $'table\nwide\njson\nyaml\nname'; return ;;
    esac
    local flags1=$'--namespace\n--all-namespaces\n--selector\n--instance\n--node\n--host\n--sentinel\n--master-name\n--system\n--read-only\n--context\n--kubeconfig\n--as\n--as-group\n--request-timeout\n--tls-server-name\n--insecure-skip-tls-verify\n--via\n--tls\n--cacert\n--cert\n--key\n--sni\n--insecure\n--timeout\n--user\n--password-file\n--password-stdin\n--password-secret\n--sentinel-user\n--sentinel-password-file\n--sentinel-password-stdin\n--sentinel-password-secret\n--output\n--json\n--no-headers\n--color\n--quiet\n--verbose\n--help'
    local flags2=$'--output\n--json\n--no-headers\n--color\n--quiet\n--verbose\n--help'
    local flags3=$'--color\n--quiet\n--verbose\n--help'
    local flags4=$'--namespace\n--all-namespaces\n--selector\n--instance\n--node\n--host\n--sentinel\n--master-name\n--system\n--read-only\n--context\n--kubeconfig\n--as\n--as-group\n--request-timeout\n--tls-server-name\n--insecure-skip-tls-verify\n--via\n--tls\n--cacert\n--cert\n--key\n--sni\n--insecure\n--timeout\n--user\n--password-file\n--password-stdin\n--password-secret\n--sentinel-user\n--sentinel-password-file\n--sentinel-password-stdin\n--sentinel-password-secret\n--output\n--json\n--no-headers\n--fail-on\n--color\n--quiet\n--verbose\n--help'
    case $command in
        '') [[ $cur == -* ]] || _redisctl_words $'abort\naof-rewrite\nbackup\nbgsave\nbigkeys\nclients\ncompletion\nconfig\ndbsize\ndoctor\nevents\nexec\nexplain\nfailover\nflush\nforward\nguard\nhaproxy\nheal\nhelp\nhistory\ninfo\nkeys\nlabel\nlatency\nlogs\nmake-targets\nman\nmaster-info\nmemory\nmetrics\nmonitor\npersistence\nping\npods\npromote-replica\nreplica-lag\nreplication-info\nrestore\nresume\nresync-replica\nreturn-home\nrole\nschema\nsentinel\nservices\nshell\nslowlog\nsnapshot\nstats\nstatus\nswitchover\nupgrade\nuri\nversion\nwait\nwatch' ;;
        abort | redis-abort)
            if [[ $cur == -* ]]; then _redisctl_words $'--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        aof-rewrite | redis-aof-rewrite)
            if [[ $cur == -* ]]; then _redisctl_words $'--wait'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        backup-all | redis-backup-all | redis-full-backup)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--with-secrets\n--passphrase-file\n--retain\n--from'$'\n'"$flags1"; else :; fi
            ;;
        backup-aof | redis-backup-aof)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--for\n--from\n--retain\n--idle-timeout'$'\n'"$flags1"; else :; fi
            ;;
        backup-config | redis-backup-config)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--with-secrets\n--passphrase-file\n--retain'$'\n'"$flags1"; else :; fi
            ;;
        backup-k8s | redis-backup-k8s | redis-backup-k8s-resources)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--with-secrets\n--passphrase-file\n--retain'$'\n'"$flags1"; else :; fi
            ;;
        backup-list | redis-backup-list)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--instance'$'\n'"$flags2"; else :; fi
            ;;
        backup-rdb | redis-backup-rdb | redis-backup)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--from\n--retain\n--idle-timeout\n--dry-run'$'\n'"$flags1"; else :; fi
            ;;
        backup-show | redis-backup-show)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--passphrase-file'$'\n'"$flags3"; else :; fi
            ;;
        backup-verify | redis-backup-verify)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir'$'\n'"$flags2"; else _redisctl_file; fi
            ;;
        bgsave | redis-bgsave | save)
            if [[ $cur == -* ]]; then _redisctl_words $'--wait'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        bigkeys | redis-bigkeys)
            if [[ $cur == -* ]]; then _redisctl_words $'--top\n--db\n--rate'$'\n'"$flags1"; else :; fi
            ;;
        clients | redis-clients)
            if [[ $cur == -* ]]; then _redisctl_words $'--by\n--top'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        completion)
            if [[ $cur == -* ]]; then _redisctl_words "$flags3"; else _redisctl_words $'bash\nzsh\nfish'; fi
            ;;
        config-diff | redis-config-diff)
            if [[ $cur == -* ]]; then _redisctl_words $'--own'$'\n'"$flags4"; else :; fi
            ;;
        config-get | redis-config-get | redis-config)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else :; fi
            ;;
        config-origin | redis-config-origin)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else :; fi
            ;;
        config-set | redis-config-set)
            if [[ $cur == -* ]]; then _redisctl_words $'--value-stdin\n--value-file\n--rewrite\n--dry-run\n--yes'$'\n'"$flags1"; else :; fi
            ;;
        dbsize | redis-dbsize)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else _redisctl_live; fi
            ;;
        doctor | redis-doctor | health)
            if [[ $cur == -* ]]; then _redisctl_words "$flags4"; else :; fi
            ;;
        events | redis-events)
            if [[ $cur == -* ]]; then _redisctl_words $'--follow\n--warnings'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        exec | redis-exec | cli)
            if [[ $cur == -* ]]; then _redisctl_words $'--master\n--replicas\n--all\n--db\n--confirm'$'\n'"$flags1"; else :; fi
            ;;
        explain)
            if [[ $cur == -* ]]; then _redisctl_words "$flags2"; else _redisctl_words $'NODE_UNREACHABLE\nNODE_NOT_RUNNING\nNODE_DENIED\nNODE_ERROR\nLOADING\nSAME_PROCESS\nMIXED_VERSIONS\nCLUSTER_MODE\nREPLICA_LINK_DOWN\nREPLICA_SYNCING\nREPLICA_ON_OTHER_HISTORY\nREPLICA_OF_REPLICA\nREPLICATION_LOOP\nSELF_FOLLOWING\nORPHAN\nMASTER_TERMINATING\nWRITABLE_REPLICA\nLAG_OVER_LIMIT\nLAG_UNKNOWN\nNO_REPLICAS\nFAILOVER_IN_PROGRESS\nNO_MASTER\nSPLIT_BRAIN\nUNRELATED_MASTERS\nMASTER_DISAGREEMENT\nHOME_DRIFT\nROLE_LABEL_MISMATCH\nSENTINEL_DISAGREEMENT\nSENTINEL_MASTER_DOWN\nSENTINEL_NO_QUORUM\nSENTINEL_GHOSTS\nSENTINEL_WATCHES_NOTHING\nSENTINEL_CANNOT_FAIL_OVER\nSENTINEL_CROSSED\nSENTINEL_DEAD_ADDRESS\nSENTINEL_LOOPBACK\nSENTINEL_TILT\nSENTINEL_DRIFT\nSENTINEL_EPOCHS\nSENTINEL_QUORUM\nSENTINEL_UNKNOWN_PEER\nSENTINEL_SAME_ID\nSENTINEL_FAILOVER\nOPERATOR_STANDS_STILL\nOPERATOR_WAITS\nOPERATOR_COUNT\nOPERATOR_RESOURCE_MISSING\nOPERATOR_RESOURCE_UNKNOWN\nOPERATOR_CONFIG_DIFFERS\nAOF_NOT_LOADED\nOPERATOR_BOOTSTRAP_PORT\nOPERATOR_NOT_READY\nOPERATOR_UNKNOWN\nSERVICE_ROUTES_TO_REPLICA\nSERVICE_WITHOUT_ENDPOINTS\nSERVICES_UNKNOWN\nCONDITION_UNKNOWN\nUPGRADE_UNFINISHED\nMASTER_NOT_PERSISTENT\nSAVE_FAILED\nAOF_WRITE_FAILED\nAOF_REWRITE_FAILED\nEVICTS_KEYS\nMEMORY_NEARLY_FULL\nLIMIT_NEARLY_REACHED\nFORK_MAY_NOT_FIT\nOOM_KILLED\nCONTAINER_RESTARTED\nDATA_WITHOUT_VOLUME\nWRITES_TO_REPLICA\nWRITES_REFUSED\nREPLICA_CANNOT_LOG_IN\nMASTER_CANNOT_LOG_IN\nREPLICA_EMPTY\nREPLICA_LAGS\nBACKLOG_SHORT\nFULL_COPIES\nSETTINGS_DIFFER\nNAME_NOT_IN_DNS\nPOD_NOT_SCHEDULED\nINIT_CONTAINER_FAILED\nSIDECAR_NOT_RUNNING\nPOLICY_FORBIDS_LINK\nHAPROXY_NO_BACKEND\nHAPROXY_NO_ROLE_CHECK\nHAPROXY_NOT_CHECKED\nHAPROXY_NO_AUTH\nHAPROXY_NO_TLS\nHAPROXY_HTTP_MODE\nHAPROXY_SESSIONS_STAY\nHAPROXY_NO_RESOLVERS\nHAPROXY_INIT_ADDR\nHAPROXY_MISSING_NODE\nHAPROXY_UNKNOWN_SERVER\nHAPROXY_SLOW_CHECK\nHAPROXY_LONG_INTERVAL\nHAPROXY_PASSWORD_IN_FILE\nHAPROXY_TWO_MASTERS\nHAPROXY_SHORT_TIMEOUT\nHAPROXY_EXTERNAL_CHECK\nHAPROXY_STRANGE_ADDRESS\nHAPROXY_POD_IP\nHAPROXY_PASSWORD_UNREAD\nHAPROXY_PASSWORDS_DIFFER\nHAPROXY_PASSWORD_QUOTES\nHAPROXY_PLAIN_CLIENTS\nHAPROXY_UNVERIFIED\nCLIENTS_NO_MASTER\nCLIENTS_FOLLOW_NO_SWITCH\nCLIENTS_SERVICE_ASTRAY\nCLIENTS_POD_IP\nCLIENTS_FEW_SENTINELS\nCLIENTS_SENTINEL_OPEN\nCLIENTS_SENTINEL_BLIND\nCLIENTS_PASSWORDS_DIFFER\nCLIENTS_MUST_RETRY\nCLIENTS_INSIDE_ONLY\nBACKUP_NOT_COUNTED\nBACKUP_NO_CHECKSUM\nBACKUP_UNFINISHED\nSNAPSHOT_AS_AFTER_A_CRASH'; fi
            ;;
        failover | redis-failover | force-failover)
            if [[ $cur == -* ]]; then _redisctl_words $'--promote\n--avoid\n--from\n--engine\n--hold\n--override\n--handover-timeout\n--settle\n--keep-services\n--no-probe\n--dry-run\n--yes\n--confirm\n--step\n--accept-data-loss\n--delete-old-pod'$'\n'"$flags1"; else :; fi
            ;;
        flush | redis-flush | flushall | flushdb)
            if [[ $cur == -* ]]; then _redisctl_words $'--db\n--all\n--async\n--dry-run\n--confirm'$'\n'"$flags1"; else :; fi
            ;;
        forward | redis-forward | port-forward)
            if [[ $cur == -* ]]; then _redisctl_words $'--interval\n--duration'$'\n'"$flags1"; else :; fi
            ;;
        guard | redis-guard)
            if [[ $cur == -* ]]; then _redisctl_words $'--interval\n--yes'$'\n'"$flags1"; else :; fi
            ;;
        haproxy-check | redis-haproxy-check)
            if [[ $cur == -* ]]; then _redisctl_words $'--offline'$'\n'"$flags4"; else _redisctl_file; fi
            ;;
        haproxy-generate | redis-haproxy-generate)
            if [[ $cur == -* ]]; then _redisctl_words $'--write-port\n--read-port\n--bind\n--interval\n--password-variable\n--with-secrets\n--certificates\n--bind-tls\n--cluster-domain'$'\n'"$flags1"; else :; fi
            ;;
        heal | redis-heal)
            if [[ $cur == -* ]]; then _redisctl_words $'--apply\n--keep\n--max-saved\n--read-timeout\n--wait\n--no-probe\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        help)
            if [[ $cur == -* ]]; then _redisctl_words "$flags3"; else _redisctl_words $'abort\naof-rewrite\nbackup\nbgsave\nbigkeys\nclients\ncompletion\nconfig\ndbsize\ndoctor\nevents\nexec\nexplain\nfailover\nflush\nforward\nguard\nhaproxy\nheal\nhelp\nhistory\ninfo\nkeys\nlabel\nlatency\nlogs\nmake-targets\nman\nmaster-info\nmemory\nmetrics\nmonitor\npersistence\nping\npods\npromote-replica\nreplica-lag\nreplication-info\nrestore\nresume\nresync-replica\nreturn-home\nrole\nschema\nsentinel\nservices\nshell\nslowlog\nsnapshot\nstats\nstatus\nswitchover\nupgrade\nuri\nversion\nwait\nwatch\nexit-codes\nflags'; fi
            ;;
        history | redis-history)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else :; fi
            ;;
        info | redis-info)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else :; fi
            ;;
        keys | redis-keys)
            if [[ $cur == -* ]]; then _redisctl_words $'--limit\n--db\n--type'$'\n'"$flags1"; else :; fi
            ;;
        label-sync | redis-label-sync)
            if [[ $cur == -* ]]; then _redisctl_words $'--override\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        latency | redis-latency)
            if [[ $cur == -* ]]; then _redisctl_words $'--duration\n--interval'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        logs | redis-logs)
            if [[ $cur == -* ]]; then _redisctl_words $'--follow\n--since\n--tail\n--previous\n--container\n--sentinels'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        make-targets)
            if [[ $cur == -* ]]; then _redisctl_words "$flags2"; else :; fi
            ;;
        man)
            if [[ $cur == -* ]]; then _redisctl_words "$flags3"; else _redisctl_words $'redisctl.1\nredisctl-abort.1\nredisctl-aof-rewrite.1\nredisctl-backup-all.1\nredisctl-backup-aof.1\nredisctl-backup-config.1\nredisctl-backup-k8s.1\nredisctl-backup-list.1\nredisctl-backup-rdb.1\nredisctl-backup-show.1\nredisctl-backup-verify.1\nredisctl-bgsave.1\nredisctl-bigkeys.1\nredisctl-clients.1\nredisctl-completion.1\nredisctl-config-diff.1\nredisctl-config-get.1\nredisctl-config-origin.1\nredisctl-config-set.1\nredisctl-dbsize.1\nredisctl-doctor.1\nredisctl-events.1\nredisctl-exec.1\nredisctl-explain.1\nredisctl-failover.1\nredisctl-flush.1\nredisctl-forward.1\nredisctl-guard.1\nredisctl-haproxy-check.1\nredisctl-haproxy-generate.1\nredisctl-heal.1\nredisctl-help.1\nredisctl-history.1\nredisctl-info.1\nredisctl-keys.1\nredisctl-label-sync.1\nredisctl-latency.1\nredisctl-logs.1\nredisctl-make-targets.1\nredisctl-man.1\nredisctl-master-info.1\nredisctl-memory.1\nredisctl-metrics.1\nredisctl-monitor.1\nredisctl-persistence.1\nredisctl-ping.1\nredisctl-pods.1\nredisctl-promote-replica.1\nredisctl-replica-lag.1\nredisctl-replication-info.1\nredisctl-restore-all.1\nredisctl-restore-aof.1\nredisctl-restore-config.1\nredisctl-restore-rdb.1\nredisctl-resume.1\nredisctl-resync-replica.1\nredisctl-return-home.1\nredisctl-role.1\nredisctl-schema.1\nredisctl-sentinel.1\nredisctl-sentinel-check.1\nredisctl-sentinel-reset.1\nredisctl-sentinel-sync.1\nredisctl-services.1\nredisctl-shell.1\nredisctl-slowlog.1\nredisctl-snapshot-create.1\nredisctl-snapshot-list.1\nredisctl-snapshot-restore.1\nredisctl-stats.1\nredisctl-status.1\nredisctl-switchover.1\nredisctl-upgrade-check.1\nredisctl-upgrade-rollback.1\nredisctl-upgrade-run.1\nredisctl-upgrade-verify.1\nredisctl-uri.1\nredisctl-version.1\nredisctl-wait.1\nredisctl-watch.1\nredisctl-exit-codes.7'; fi
            ;;
        master-info | redis-master-info | master)
            if [[ $cur == -* ]]; then _redisctl_words "$flags4"; else :; fi
            ;;
        memory | redis-memory | memory-stats)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else _redisctl_live; fi
            ;;
        metrics | redis-metrics)
            if [[ $cur == -* ]]; then _redisctl_words $'--serve'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        monitor | redis-monitor)
            if [[ $cur == -* ]]; then _redisctl_words $'--duration\n--max\n--master\n--values'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        persistence | redis-persistence | lastsave)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else _redisctl_live; fi
            ;;
        ping | redis-ping)
            if [[ $cur == -* ]]; then _redisctl_words "$flags4"; else _redisctl_live; fi
            ;;
        pods | redis-pods)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else :; fi
            ;;
        promote-replica | redis-promote-replica | promote)
            if [[ $cur == -* ]]; then _redisctl_words $'--avoid\n--from\n--engine\n--hold\n--override\n--handover-timeout\n--settle\n--keep-services\n--no-probe\n--dry-run\n--yes\n--confirm\n--step\n--accept-data-loss\n--delete-old-pod'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        replica-lag | redis-replica-lag | lag)
            if [[ $cur == -* ]]; then _redisctl_words $'--max-bytes\n--max-seconds'$'\n'"$flags4"; else :; fi
            ;;
        replication-info | redis-replication-info | replication | topology)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else :; fi
            ;;
        restore-all | redis-restore-all)
            if [[ $cur == -* ]]; then _redisctl_words $'--merge\n--replace-all\n--dir\n--no-safety-backup\n--confirm\n--override\n--wait\n--dry-run\n--resume\n--passphrase-file\n--rewrite'$'\n'"$flags1"; else _redisctl_file; fi
            ;;
        restore-aof | redis-restore-aof)
            if [[ $cur == -* ]]; then _redisctl_words $'--merge\n--replace-all\n--dir\n--no-safety-backup\n--confirm\n--override\n--wait\n--dry-run\n--server\n--work-dir\n--load-wait\n--truncated'$'\n'"$flags1"; else _redisctl_file; fi
            ;;
        restore-config | redis-restore-config)
            if [[ $cur == -* ]]; then _redisctl_words $'--dir\n--passphrase-file\n--rewrite\n--dry-run\n--yes'$'\n'"$flags1"; else :; fi
            ;;
        restore-rdb | redis-restore-rdb | redis-restore)
            if [[ $cur == -* ]]; then _redisctl_words $'--merge\n--replace-all\n--dir\n--no-safety-backup\n--confirm\n--override\n--wait\n--dry-run\n--resume'$'\n'"$flags1"; else _redisctl_file; fi
            ;;
        resume | redis-resume)
            if [[ $cur == -* ]]; then _redisctl_words $'--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        resync-replica | redis-resync-replica | resync)
            if [[ $cur == -* ]]; then _redisctl_words $'--full\n--wait\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        return-home | redis-return-home | failback)
            if [[ $cur == -* ]]; then _redisctl_words $'--avoid\n--from\n--engine\n--hold\n--override\n--handover-timeout\n--settle\n--keep-services\n--no-probe\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        role | redis-role)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else _redisctl_live; fi
            ;;
        schema)
            if [[ $cur == -* ]]; then _redisctl_words "$flags3"; else _redisctl_words $'AofRewrite\nBackgroundSave\nBackup\nBackupCheck\nBackupList\nBackupPlan\nBigKeys\nClientSettings\nClients\nConfig\nConfigChange\nConfigDiff\nConfigOrigin\nConfigRestore\nDatabaseSizes\nDoctor\nEvent\nExec\nExplanation\nFlush\nForwardEvent\nHaproxyCheck\nHaproxyConfig\nHistory\nInfo\nKeys\nKubernetesEvent\nKubernetesEvents\nLatency\nLogLine\nMakeTargets\nMasterInfo\nMemory\nMetrics\nMonitorLine\nOperationResult\nPersistence\nPing\nPlan\nPodList\nReplicaLag\nReplicationInfo\nRole\nSentinelView\nServices\nShell\nSlowLog\nSnapshot\nSnapshotList\nStats\nStatus\nUpgradeCheck\nUpgradeVerify\nVersion\nWait\nWatchEvent'; fi
            ;;
        sentinel | redis-sentinel)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else _redisctl_words $'masters\nreplicas\nsentinels\ncheck\nreset\nsync'; fi
            ;;
        sentinel-check | redis-sentinel-check)
            if [[ $cur == -* ]]; then _redisctl_words "$flags4"; else :; fi
            ;;
        sentinel-reset | redis-sentinel-reset)
            if [[ $cur == -* ]]; then _redisctl_words $'--wait\n--override\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        sentinel-sync | redis-sentinel-sync)
            if [[ $cur == -* ]]; then _redisctl_words $'--wait\n--override\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        services | redis-services)
            if [[ $cur == -* ]]; then _redisctl_words "$flags4"; else :; fi
            ;;
        shell | redis-shell | bash)
            if [[ $cur == -* ]]; then _redisctl_words $'--container\n--dry-run'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        slowlog | redis-slowlog)
            if [[ $cur == -* ]]; then _redisctl_words $'--limit\n--by-command'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        snapshot-create | redis-snapshot-create)
            if [[ $cur == -* ]]; then _redisctl_words $'--class\n--wait\n--dry-run'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        snapshot-list | redis-snapshot-list)
            if [[ $cur == -* ]]; then _redisctl_words "$flags1"; else :; fi
            ;;
        snapshot-restore | redis-snapshot-restore)
            if [[ $cur == -* ]]; then _redisctl_words $'--merge\n--replace-all\n--dir\n--no-safety-backup\n--confirm\n--override\n--wait\n--dry-run\n--load-wait\n--storage-class'$'\n'"$flags1"; else :; fi
            ;;
        stats | redis-stats | top)
            if [[ $cur == -* ]]; then _redisctl_words $'--over\n--watch\n--duration'$'\n'"$flags1"; else _redisctl_live; fi
            ;;
        status | redis-status | check-replication)
            if [[ $cur == -* ]]; then _redisctl_words "$flags4"; else :; fi
            ;;
        switchover | redis-switchover)
            if [[ $cur == -* ]]; then _redisctl_words $'--promote\n--avoid\n--from\n--engine\n--hold\n--override\n--handover-timeout\n--settle\n--keep-services\n--no-probe\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        upgrade-check | redis-upgrade-check | pre-upgrade-check)
            if [[ $cur == -* ]]; then _redisctl_words $'--max-bytes\n--dir\n--max-age'$'\n'"$flags4"; else :; fi
            ;;
        upgrade-rollback | redis-upgrade-rollback)
            if [[ $cur == -* ]]; then _redisctl_words $'--container\n--wait\n--max-bytes\n--override\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        upgrade-run | redis-upgrade-run)
            if [[ $cur == -* ]]; then _redisctl_words $'--image\n--container\n--wait\n--max-bytes\n--override\n--dry-run\n--yes\n--confirm\n--step'$'\n'"$flags1"; else :; fi
            ;;
        upgrade-verify | redis-upgrade-verify | post-upgrade-check | validate-upgrade)
            if [[ $cur == -* ]]; then _redisctl_words $'--max-bytes\n--fewer-keys'$'\n'"$flags4"; else _redisctl_file; fi
            ;;
        uri | redis-uri)
            if [[ $cur == -* ]]; then _redisctl_words $'--for\n--database\n--with-secrets'$'\n'"$flags1"; else :; fi
            ;;
        version | redis-version)
            if [[ $cur == -* ]]; then _redisctl_words $'--client'$'\n'"$flags1"; else :; fi
            ;;
        wait | redis-wait)
            if [[ $cur == -* ]]; then _redisctl_words $'--for\n--interval'$'\n'"$flags1"; else :; fi
            ;;
        watch | redis-watch)
            if [[ $cur == -* ]]; then _redisctl_words $'--interval\n--duration'$'\n'"$flags1"; else :; fi
            ;;
        backup)
            [[ $cur == -* ]] || _redisctl_words $'all\naof\nconfig\nk8s\nlist\nrdb\nshow\nverify'
            ;;
        config)
            [[ $cur == -* ]] || _redisctl_words $'diff\nget\norigin\nset'
            ;;
        haproxy)
            [[ $cur == -* ]] || _redisctl_words $'check\ngenerate'
            ;;
        label)
            [[ $cur == -* ]] || _redisctl_words $'sync'
            ;;
        restore)
            [[ $cur == -* ]] || _redisctl_words $'all\naof\nconfig\nrdb'
            ;;
        snapshot)
            [[ $cur == -* ]] || _redisctl_words $'create\nlist\nrestore'
            ;;
        upgrade)
            [[ $cur == -* ]] || _redisctl_words $'check\nrollback\nrun\nverify'
            ;;
    esac
}

complete -F _redisctl redisctl
