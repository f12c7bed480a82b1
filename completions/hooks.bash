# bash completion for hooks. Generated from the command tree: do not edit.
# Try it: source <(hooks completion bash)

# Sets commands, flags, valued (flags that take a value) and args (how each argument is completed) for a point.
_hooks_point() {
  commands='' flags='' valued='' args=''
  case $1 in
    '')
      commands='listen trigger replay why sign verify check logs demo sub event event-type publish source delivery dlq serve status top stats alert key tenant env audit purge backup restore init apply export login context config completion doctor help'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help --version'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'help')
      commands=''
      flags=''
      valued=''
      args='listen trigger replay why sign verify check logs demo sub event event-type publish source delivery dlq serve status top stats alert key tenant env audit purge backup restore init apply export login context config completion doctor exit-codes environment filters output'
      ;;
    'listen')
      commands=''
      flags='--forward --forward-allow-remote --route --header --events --filter --source --session --ephemeral --keep --retry --concurrency --timeout --expect --count --within --report --record --redact --record-secrets --fault --env-name --max-events --no-view --print --print-secret --ready-file --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--forward --route --header --events --filter --source --session --concurrency --timeout --expect --count --within --report --record --redact --fault --env-name --max-events --ready-file --store --server --context --api-key --api-key-file --tenant --env --color'
      args='-'
      ;;
    'trigger')
      commands=''
      flags='--data --event-version --seed --set --count --rate --wait --timeout --list --to --secret --secret-out --header --profile --dry-run --as --url --timestamp --allow-net --deny-net --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--data --event-version --seed --set --count --rate --timeout --to --secret --secret-out --header --profile --as --url --timestamp --allow-net --deny-net --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'replay')
      commands=''
      flags='--fields --failed --status --sub --type --reason --forward --expect --speed --secret --scheme --scheme-file --header --ignore --timeout --allow-net --deny-net --since --until --rate --dry-run --no-wait --list --watch --cancel --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --status --sub --type --reason --forward --expect --speed --secret --scheme --scheme-file --header --ignore --timeout --allow-net --deny-net --since --until --rate --watch --cancel --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@file'
      ;;
    'why')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic|@dynamic'
      ;;
    'sign')
      commands=''
      flags='--scheme --scheme-file --method --url --secret --secret-env --secret-file --sub --id --timestamp --key-id --output --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--scheme --scheme-file --method --url --secret --secret-env --secret-file --sub --id --timestamp --key-id --output --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@file'
      ;;
    'verify')
      commands=''
      flags='--scheme --scheme-file --method --url --secret --secret-env --secret-file --sub --header --headers --request --tolerance --now --list-schemes --explain --format --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--scheme --scheme-file --method --url --secret --secret-env --secret-file --sub --header --headers --request --tolerance --now --format --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@file'
      ;;
    'check')
      commands='idempotency'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'check idempotency')
      commands=''
      flags='--to --secret --data --count --header --profile --allow-net --deny-net --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--to --secret --data --count --header --profile --allow-net --deny-net --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'logs')
      commands=''
      flags='--fields --follow --sub --type --failed --events --limit --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --sub --type --limit --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'demo')
      commands=''
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'sub')
      commands='create list get update delete enable disable pause resume test filter-test rotate-secret secret health'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'sub create')
      commands=''
      flags='--url --event --name --description --header --retry --retry-preset --retry-strategy --max-attempts --first-delay --longest-delay --retry-on --on-410 --timeout --rate --concurrency --excerpt-chars --order-by --batch --filter --breaker --no-breaker --auto-disable --re-enable --allow-net --deny-net --event-version --rotate-every --handshake --metadata --profile --fields --secret --disabled --print-secret --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--url --event --name --description --header --retry --retry-preset --retry-strategy --max-attempts --first-delay --longest-delay --retry-on --on-410 --timeout --rate --concurrency --excerpt-chars --order-by --batch --filter --auto-disable --re-enable --allow-net --deny-net --event-version --rotate-every --handshake --metadata --profile --fields --secret --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'sub list')
      commands=''
      flags='--event --enabled --disabled --health --profile --search --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--event --health --profile --search --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'sub get')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub update')
      commands=''
      flags='--url --event --name --description --header --retry --retry-preset --retry-strategy --max-attempts --first-delay --longest-delay --retry-on --on-410 --timeout --rate --concurrency --excerpt-chars --order-by --batch --filter --breaker --no-breaker --auto-disable --re-enable --allow-net --deny-net --event-version --rotate-every --handshake --metadata --profile --fields --reset --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--url --event --name --description --header --retry --retry-preset --retry-strategy --max-attempts --first-delay --longest-delay --retry-on --on-410 --timeout --rate --concurrency --excerpt-chars --order-by --batch --filter --auto-disable --re-enable --allow-net --deny-net --event-version --rotate-every --handshake --metadata --profile --fields --reset --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub delete')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub enable')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub disable')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub pause')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub resume')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub test')
      commands=''
      flags='--fields --type --data --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --type --data --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub filter-test')
      commands=''
      flags='--fields --filter --event --type --data --metadata --timestamp --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --filter --event --type --data --metadata --timestamp --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub rotate-secret')
      commands=''
      flags='--fields --all --grace --secret --print-secret --dry-run --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --grace --secret --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub secret')
      commands=''
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'sub health')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event')
      commands='list get replay'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'event list')
      commands=''
      flags='--type --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--type --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'event get')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event replay')
      commands=''
      flags='--fields --sub --dry-run --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --sub --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type')
      commands='list get create update delete import export infer generate-types'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'event-type list')
      commands=''
      flags='--limit --cursor --fields --tag --catalogued --no-catalogued --deprecated --search --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--limit --cursor --fields --tag --search --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'event-type get')
      commands=''
      flags='--fields --event-version --schema --example --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --event-version --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type create')
      commands=''
      flags='--description --tag --deprecated --no-deprecated --event-version --schema --example --down --fields --default --replace --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--description --tag --event-version --schema --example --down --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type update')
      commands=''
      flags='--description --tag --deprecated --no-deprecated --event-version --schema --example --down --fields --default-version --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--description --tag --event-version --schema --example --down --fields --default-version --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type delete')
      commands=''
      flags='--fields --event-version --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --event-version --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type import')
      commands=''
      flags='--fields --replace --as-new-version --dry-run --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type export')
      commands=''
      flags='--format --out --title --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--format --out --title --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type infer')
      commands=''
      flags='--last --event-version --save --replace --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--last --event-version --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'event-type generate-types')
      commands=''
      flags='--out --check --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--out --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'publish')
      commands=''
      flags='--fields --data --id --timestamp --metadata --event-version --file --new-ids --dry-run --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --data --id --timestamp --metadata --event-version --file --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source')
      commands='create list get update delete enable disable rotate-secret log'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'source create')
      commands=''
      flags='--description --mode --live-timeout --prefix --type-from --id-from --data-from --map --handshake --verify-token --allow-origin --topic --tolerance --url --rate --fields --scheme --secret --disabled --print-secret --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--description --mode --live-timeout --prefix --type-from --id-from --data-from --map --handshake --verify-token --allow-origin --topic --tolerance --url --rate --fields --scheme --secret --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source list')
      commands=''
      flags='--scheme --enabled --disabled --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--scheme --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'source get')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source update')
      commands=''
      flags='--description --mode --live-timeout --prefix --type-from --id-from --data-from --map --handshake --verify-token --allow-origin --topic --tolerance --url --rate --fields --reset --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--description --mode --live-timeout --prefix --type-from --id-from --data-from --map --handshake --verify-token --allow-origin --topic --tolerance --url --rate --fields --reset --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source delete')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source enable')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source disable')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source rotate-secret')
      commands=''
      flags='--fields --secret --grace --print-secret --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --secret --grace --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'source log')
      commands=''
      flags='--outcome --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--outcome --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic|-'
      ;;
    'delivery')
      commands='list get retry cancel'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'delivery list')
      commands=''
      flags='--status --type --sub --event --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--status --type --sub --event --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'delivery get')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'delivery retry')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'delivery cancel')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'dlq')
      commands='list replay purge'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'dlq list')
      commands=''
      flags='--sub --type --reason --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--sub --type --reason --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'dlq replay')
      commands=''
      flags='--fields --sub --type --reason --since --until --rate --dry-run --no-wait --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --sub --type --reason --since --until --rate --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'dlq purge')
      commands=''
      flags='--fields --sub --type --reason --since --until --dry-run --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --sub --type --reason --since --until --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'serve')
      commands=''
      flags='--config --host --port --concurrency --rate --tenant-rate --retry-rate --max-subscriptions --max-backlog --dns --local-address --allow-net --deny-net --alert --retention --otlp-endpoint --accept-loss --drain --log-level --log-format --ready-file --profiles --public-url --allow-host --trust-proxy --tls-cert --tls-key --key-rate --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--config --host --port --concurrency --rate --tenant-rate --retry-rate --max-subscriptions --max-backlog --dns --local-address --allow-net --deny-net --alert --retention --otlp-endpoint --drain --log-level --log-format --ready-file --profiles --public-url --allow-host --trust-proxy --tls-cert --tls-key --key-rate --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'status')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'top')
      commands=''
      flags='--fields --interval --count --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --interval --count --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'stats')
      commands=''
      flags='--period --by --sub --limit --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--period --by --sub --limit --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'alert')
      commands='list'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'alert list')
      commands=''
      flags='--state --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--state --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'key')
      commands='create list get revoke rotate-master'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'key create')
      commands=''
      flags='--fields --role --all-tenants --all-environments --expires --rate --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --role --expires --rate --store --server --context --api-key --api-key-file --tenant --env --color'
      args='-'
      ;;
    'key list')
      commands=''
      flags='--role --status --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--role --status --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'key get')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'key revoke')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'key rotate-master')
      commands=''
      flags='--new-key --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--new-key --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'tenant')
      commands='create list get update delete'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'tenant create')
      commands=''
      flags='--fields --description --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --description --store --server --context --api-key --api-key-file --tenant --env --color'
      args='-'
      ;;
    'tenant list')
      commands=''
      flags='--limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'tenant get')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'tenant update')
      commands=''
      flags='--fields --description --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --description --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'tenant delete')
      commands=''
      flags='--fields --force --dry-run --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'env')
      commands='get update'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'env get')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'env update')
      commands=''
      flags='--fields --strict-types --retention --alert --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --strict-types --retention --alert --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'audit')
      commands=''
      flags='--key --action --resource --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--key --action --resource --since --until --limit --cursor --fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'purge')
      commands=''
      flags='--fields --before --since --type --event --where --all --cancel-waiting --reason --dry-run --no-wait --list --watch --cancel --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --before --since --type --event --where --reason --watch --cancel --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'backup')
      commands=''
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args='@file'
      ;;
    'restore')
      commands=''
      flags='--discard --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args='@file'
      ;;
    'init')
      commands=''
      flags='--forward --route --setup --force --dry-run --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--forward --route --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'apply')
      commands=''
      flags='--file --plan --dry-run --exit-code --if-plan --prune --grace --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--file --if-plan --grace --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'export')
      commands=''
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'login')
      commands=''
      flags='--fields --name --keychain --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --name --store --server --context --api-key --api-key-file --tenant --env --color'
      args='-'
      ;;
    'context')
      commands='list use add remove'
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'context list')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'context use')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'context add')
      commands=''
      flags='--fields --keychain --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='-|-'
      ;;
    'context remove')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args='@dynamic'
      ;;
    'config')
      commands=''
      flags='--fields --config --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --config --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
    'completion')
      commands=''
      flags='--store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--store --server --context --api-key --api-key-file --tenant --env --color'
      args='bash zsh fish powershell'
      ;;
    'doctor')
      commands=''
      flags='--fields --store --server --context --api-key --api-key-file --tenant --env --json --quiet --color --no-color --no-input --yes --verbose --help'
      valued='--fields --store --server --context --api-key --api-key-file --tenant --env --color'
      args=''
      ;;
  esac
}

# How the value of a flag is completed: choices, "@dynamic", "@file", or nothing.
_hooks_flag_values() {
  values=''
  case "$1 $2" in
    ' --store' | ' --api-key-file' | 'listen --report' | 'listen --record' | 'listen --ready-file' | 'listen --store' | 'listen --api-key-file' | 'trigger --secret-out' | 'trigger --store' | 'trigger --api-key-file' | 'replay --scheme-file' | 'replay --store' | 'replay --api-key-file' | 'why --store' | 'why --api-key-file' | 'sign --scheme-file' | 'sign --secret-file' | 'sign --store' | 'sign --api-key-file' | 'verify --scheme-file' | 'verify --secret-file' | 'verify --headers' | 'verify --request' | 'verify --store' | 'verify --api-key-file' | 'check --store' | 'check --api-key-file' | 'check idempotency --store' | 'check idempotency --api-key-file' | 'logs --store' | 'logs --api-key-file' | 'demo --store' | 'demo --api-key-file' | 'sub --store' | 'sub --api-key-file' | 'sub create --store' | 'sub create --api-key-file' | 'sub list --store' | 'sub list --api-key-file' | 'sub get --store' | 'sub get --api-key-file' | 'sub update --store' | 'sub update --api-key-file' | 'sub delete --store' | 'sub delete --api-key-file' | 'sub enable --store' | 'sub enable --api-key-file' | 'sub disable --store' | 'sub disable --api-key-file' | 'sub pause --store' | 'sub pause --api-key-file' | 'sub resume --store' | 'sub resume --api-key-file' | 'sub test --store' | 'sub test --api-key-file' | 'sub filter-test --store' | 'sub filter-test --api-key-file' | 'sub rotate-secret --store' | 'sub rotate-secret --api-key-file' | 'sub secret --store' | 'sub secret --api-key-file' | 'sub health --store' | 'sub health --api-key-file' | 'event --store' | 'event --api-key-file' | 'event list --store' | 'event list --api-key-file' | 'event get --store' | 'event get --api-key-file' | 'event replay --store' | 'event replay --api-key-file' | 'event-type --store' | 'event-type --api-key-file' | 'event-type list --store' | 'event-type list --api-key-file' | 'event-type get --store' | 'event-type get --api-key-file' | 'event-type create --store' | 'event-type create --api-key-file' | 'event-type update --store' | 'event-type update --api-key-file' | 'event-type delete --store' | 'event-type delete --api-key-file' | 'event-type import --store' | 'event-type import --api-key-file' | 'event-type export --out' | 'event-type export --store' | 'event-type export --api-key-file' | 'event-type infer --store' | 'event-type infer --api-key-file' | 'event-type generate-types --out' | 'event-type generate-types --store' | 'event-type generate-types --api-key-file' | 'publish --file' | 'publish --store' | 'publish --api-key-file' | 'source --store' | 'source --api-key-file' | 'source create --store' | 'source create --api-key-file' | 'source list --store' | 'source list --api-key-file' | 'source get --store' | 'source get --api-key-file' | 'source update --store' | 'source update --api-key-file' | 'source delete --store' | 'source delete --api-key-file' | 'source enable --store' | 'source enable --api-key-file' | 'source disable --store' | 'source disable --api-key-file' | 'source rotate-secret --store' | 'source rotate-secret --api-key-file' | 'source log --store' | 'source log --api-key-file' | 'delivery --store' | 'delivery --api-key-file' | 'delivery list --store' | 'delivery list --api-key-file' | 'delivery get --store' | 'delivery get --api-key-file' | 'delivery retry --store' | 'delivery retry --api-key-file' | 'delivery cancel --store' | 'delivery cancel --api-key-file' | 'dlq --store' | 'dlq --api-key-file' | 'dlq list --store' | 'dlq list --api-key-file' | 'dlq replay --store' | 'dlq replay --api-key-file' | 'dlq purge --store' | 'dlq purge --api-key-file' | 'serve --config' | 'serve --ready-file' | 'serve --profiles' | 'serve --tls-cert' | 'serve --tls-key' | 'serve --store' | 'serve --api-key-file' | 'status --store' | 'status --api-key-file' | 'top --store' | 'top --api-key-file' | 'stats --store' | 'stats --api-key-file' | 'alert --store' | 'alert --api-key-file' | 'alert list --store' | 'alert list --api-key-file' | 'key --store' | 'key --api-key-file' | 'key create --store' | 'key create --api-key-file' | 'key list --store' | 'key list --api-key-file' | 'key get --store' | 'key get --api-key-file' | 'key revoke --store' | 'key revoke --api-key-file' | 'key rotate-master --store' | 'key rotate-master --api-key-file' | 'tenant --store' | 'tenant --api-key-file' | 'tenant create --store' | 'tenant create --api-key-file' | 'tenant list --store' | 'tenant list --api-key-file' | 'tenant get --store' | 'tenant get --api-key-file' | 'tenant update --store' | 'tenant update --api-key-file' | 'tenant delete --store' | 'tenant delete --api-key-file' | 'env --store' | 'env --api-key-file' | 'env get --store' | 'env get --api-key-file' | 'env update --store' | 'env update --api-key-file' | 'audit --store' | 'audit --api-key-file' | 'purge --store' | 'purge --api-key-file' | 'backup --store' | 'backup --api-key-file' | 'restore --store' | 'restore --api-key-file' | 'init --store' | 'init --api-key-file' | 'apply --file' | 'apply --store' | 'apply --api-key-file' | 'export --store' | 'export --api-key-file' | 'login --store' | 'login --api-key-file' | 'context --store' | 'context --api-key-file' | 'context list --store' | 'context list --api-key-file' | 'context use --store' | 'context use --api-key-file' | 'context add --store' | 'context add --api-key-file' | 'context remove --store' | 'context remove --api-key-file' | 'config --config' | 'config --store' | 'config --api-key-file' | 'completion --store' | 'completion --api-key-file' | 'doctor --store' | 'doctor --api-key-file')
      values='@file'
      ;;
    ' --context' | ' --tenant' | 'listen --events' | 'listen --source' | 'listen --expect' | 'listen --context' | 'listen --tenant' | 'trigger --context' | 'trigger --tenant' | 'replay --sub' | 'replay --type' | 'replay --context' | 'replay --tenant' | 'why --context' | 'why --tenant' | 'sign --sub' | 'sign --context' | 'sign --tenant' | 'verify --sub' | 'verify --context' | 'verify --tenant' | 'check --context' | 'check --tenant' | 'check idempotency --context' | 'check idempotency --tenant' | 'logs --sub' | 'logs --type' | 'logs --context' | 'logs --tenant' | 'demo --context' | 'demo --tenant' | 'sub --context' | 'sub --tenant' | 'sub create --event' | 'sub create --context' | 'sub create --tenant' | 'sub list --event' | 'sub list --context' | 'sub list --tenant' | 'sub get --context' | 'sub get --tenant' | 'sub update --event' | 'sub update --context' | 'sub update --tenant' | 'sub delete --context' | 'sub delete --tenant' | 'sub enable --context' | 'sub enable --tenant' | 'sub disable --context' | 'sub disable --tenant' | 'sub pause --context' | 'sub pause --tenant' | 'sub resume --context' | 'sub resume --tenant' | 'sub test --type' | 'sub test --context' | 'sub test --tenant' | 'sub filter-test --event' | 'sub filter-test --type' | 'sub filter-test --context' | 'sub filter-test --tenant' | 'sub rotate-secret --context' | 'sub rotate-secret --tenant' | 'sub secret --context' | 'sub secret --tenant' | 'sub health --context' | 'sub health --tenant' | 'event --context' | 'event --tenant' | 'event list --type' | 'event list --context' | 'event list --tenant' | 'event get --context' | 'event get --tenant' | 'event replay --sub' | 'event replay --context' | 'event replay --tenant' | 'event-type --context' | 'event-type --tenant' | 'event-type list --context' | 'event-type list --tenant' | 'event-type get --context' | 'event-type get --tenant' | 'event-type create --context' | 'event-type create --tenant' | 'event-type update --context' | 'event-type update --tenant' | 'event-type delete --context' | 'event-type delete --tenant' | 'event-type import --context' | 'event-type import --tenant' | 'event-type export --context' | 'event-type export --tenant' | 'event-type infer --context' | 'event-type infer --tenant' | 'event-type generate-types --context' | 'event-type generate-types --tenant' | 'publish --context' | 'publish --tenant' | 'source --context' | 'source --tenant' | 'source create --context' | 'source create --tenant' | 'source list --context' | 'source list --tenant' | 'source get --context' | 'source get --tenant' | 'source update --context' | 'source update --tenant' | 'source delete --context' | 'source delete --tenant' | 'source enable --context' | 'source enable --tenant' | 'source disable --context' | 'source disable --tenant' | 'source rotate-secret --context' | 'source rotate-secret --tenant' | 'source log --context' | 'source log --tenant' | 'delivery --context' | 'delivery --tenant' | 'delivery list --type' | 'delivery list --sub' | 'delivery list --event' | 'delivery list --context' | 'delivery list --tenant' | 'delivery get --context' | 'delivery get --tenant' | 'delivery retry --context' | 'delivery retry --tenant' | 'delivery cancel --context' | 'delivery cancel --tenant' | 'dlq --context' | 'dlq --tenant' | 'dlq list --sub' | 'dlq list --type' | 'dlq list --context' | 'dlq list --tenant' | 'dlq replay --sub' | 'dlq replay --type' | 'dlq replay --context' | 'dlq replay --tenant' | 'dlq purge --sub' | 'dlq purge --type' | 'dlq purge --context' | 'dlq purge --tenant' | 'serve --context' | 'serve --tenant' | 'status --context' | 'status --tenant' | 'top --context' | 'top --tenant' | 'stats --sub' | 'stats --context' | 'stats --tenant' | 'alert --context' | 'alert --tenant' | 'alert list --context' | 'alert list --tenant' | 'key --context' | 'key --tenant' | 'key create --context' | 'key create --tenant' | 'key list --context' | 'key list --tenant' | 'key get --context' | 'key get --tenant' | 'key revoke --context' | 'key revoke --tenant' | 'key rotate-master --new-key' | 'key rotate-master --context' | 'key rotate-master --tenant' | 'tenant --context' | 'tenant --tenant' | 'tenant create --context' | 'tenant create --tenant' | 'tenant list --context' | 'tenant list --tenant' | 'tenant get --context' | 'tenant get --tenant' | 'tenant update --context' | 'tenant update --tenant' | 'tenant delete --context' | 'tenant delete --tenant' | 'env --context' | 'env --tenant' | 'env get --context' | 'env get --tenant' | 'env update --context' | 'env update --tenant' | 'audit --key' | 'audit --context' | 'audit --tenant' | 'purge --type' | 'purge --context' | 'purge --tenant' | 'backup --context' | 'backup --tenant' | 'restore --context' | 'restore --tenant' | 'init --context' | 'init --tenant' | 'apply --context' | 'apply --tenant' | 'export --context' | 'export --tenant' | 'login --context' | 'login --tenant' | 'context --context' | 'context --tenant' | 'context list --context' | 'context list --tenant' | 'context use --context' | 'context use --tenant' | 'context add --context' | 'context add --tenant' | 'context remove --context' | 'context remove --tenant' | 'config --context' | 'config --tenant' | 'completion --context' | 'completion --tenant' | 'doctor --context' | 'doctor --tenant')
      values='@dynamic'
      ;;
    ' --color' | 'listen --color' | 'trigger --color' | 'replay --color' | 'why --color' | 'sign --color' | 'verify --color' | 'check --color' | 'check idempotency --color' | 'logs --color' | 'demo --color' | 'sub --color' | 'sub create --color' | 'sub list --color' | 'sub get --color' | 'sub update --color' | 'sub delete --color' | 'sub enable --color' | 'sub disable --color' | 'sub pause --color' | 'sub resume --color' | 'sub test --color' | 'sub filter-test --color' | 'sub rotate-secret --color' | 'sub secret --color' | 'sub health --color' | 'event --color' | 'event list --color' | 'event get --color' | 'event replay --color' | 'event-type --color' | 'event-type list --color' | 'event-type get --color' | 'event-type create --color' | 'event-type update --color' | 'event-type delete --color' | 'event-type import --color' | 'event-type export --color' | 'event-type infer --color' | 'event-type generate-types --color' | 'publish --color' | 'source --color' | 'source create --color' | 'source list --color' | 'source get --color' | 'source update --color' | 'source delete --color' | 'source enable --color' | 'source disable --color' | 'source rotate-secret --color' | 'source log --color' | 'delivery --color' | 'delivery list --color' | 'delivery get --color' | 'delivery retry --color' | 'delivery cancel --color' | 'dlq --color' | 'dlq list --color' | 'dlq replay --color' | 'dlq purge --color' | 'serve --color' | 'status --color' | 'top --color' | 'stats --color' | 'alert --color' | 'alert list --color' | 'key --color' | 'key create --color' | 'key list --color' | 'key get --color' | 'key revoke --color' | 'key rotate-master --color' | 'tenant --color' | 'tenant create --color' | 'tenant list --color' | 'tenant get --color' | 'tenant update --color' | 'tenant delete --color' | 'env --color' | 'env get --color' | 'env update --color' | 'audit --color' | 'purge --color' | 'backup --color' | 'restore --color' | 'init --color' | 'apply --color' | 'export --color' | 'login --color' | 'context --color' | 'context list --color' | 'context use --color' | 'context add --color' | 'context remove --color' | 'config --color' | 'completion --color' | 'doctor --color')
      values='auto always never'
      ;;
    'trigger --profile' | 'check idempotency --profile' | 'sub create --profile' | 'sub update --profile')
      values='standard cloudevents cloudevents-binary foresight aegisx arsmedica dotmac securebase'
      ;;
    'trigger --as')
      values='http curl body'
      ;;
    'replay --status')
      values='failed succeeded cancelled'
      ;;
    'replay --reason')
      values='exhausted final_status gone subscription_disabled subscription_deleted expired cancelled'
      ;;
    'replay --speed')
      values='max real'
      ;;
    'replay --scheme' | 'sign --scheme' | 'verify --scheme' | 'source create --scheme' | 'source list --scheme')
      values='auto standard-webhooks standard-webhooks-v1a svix clerk resend openai anthropic replicate polar gitlab-signed stripe paddle mux workos elevenlabs sanity retell calendly convoy-advanced slack zoom discord telnyx sendgrid twitch zendesk hubspot-v3 box webflow custom-foresight github github-sha1 meta bitbucket jira intercom notion pagerduty typeform x xero shopify square docusign dropbox asana hookdeck convoy-simple adyen-banking linear plain line razorpay gocardless onfido vercel custom-webhook-signature-256 custom-x-signature custom-x-webhook-signature custom-securebase hubspot-v1 hubspot-v2 gitlab-token okta auth0 mailgun dropbox-sign twilio adyen-payments sns plaid rfc9421'
      ;;
    'sign --output')
      values='headers json value body'
      ;;
    'verify --format')
      values='text github'
      ;;
    'sub create --retry-preset' | 'sub update --retry-preset')
      values='standard foresight aegisx arsmedica dotmac securebase'
      ;;
    'sub create --retry-strategy' | 'sub update --retry-strategy')
      values='linear exponential'
      ;;
    'sub create --on-410' | 'sub update --on-410')
      values='disable retry fail'
      ;;
    'sub create --re-enable' | 'sub update --re-enable')
      values='probe off'
      ;;
    'sub list --health')
      values='healthy degraded unhealthy disabled'
      ;;
    'event-type export --format')
      values='pack json-schema openapi asyncapi asyncapi-2'
      ;;
    'source create --mode' | 'source update --mode')
      values='store live'
      ;;
    'source create --handshake' | 'source update --handshake')
      values='none slack zoom twitch discord okta asana notion sns xero meta dropbox adobe x ebay microsoft-graph event-grid websub cloudevents'
      ;;
    'source log --outcome')
      values='accepted repeated dropped refused challenged'
      ;;
    'delivery list --status')
      values='pending sending retrying succeeded failed cancelled'
      ;;
    'dlq list --reason' | 'dlq replay --reason' | 'dlq purge --reason')
      values='exhausted final_status gone subscription_disabled'
      ;;
    'serve --log-level')
      values='debug info warn error silent'
      ;;
    'serve --log-format')
      values='pretty json'
      ;;
    'stats --period')
      values='1h 24h 7d 30d'
      ;;
    'stats --by')
      values='status type subscription tenant'
      ;;
    'alert list --state')
      values='firing resolved'
      ;;
    'key create --role' | 'key list --role')
      values='admin publisher reader listener'
      ;;
    'key list --status')
      values='active expired revoked'
      ;;
    'env update --strict-types')
      values='on off'
      ;;
  esac
}

# Fills COMPREPLY with what begins with $cur; $2 stands before each (for --flag=value).
_hooks_reply() {
  local candidate
  case $1 in
    @dynamic)
      while IFS=$'\t' read -r candidate _; do
        [[ $candidate == "$value"* ]] && COMPREPLY+=("$2$candidate")
      done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
      ;;
    @file)
      while IFS= read -r candidate; do
        COMPREPLY+=("$2$candidate")
      done < <(compgen -f -- "$value")
      compopt -o filenames 2>/dev/null
      ;;
    *)
      while IFS= read -r candidate; do
        COMPREPLY+=("$2$candidate")
      done < <(compgen -W "$1" -- "$value")
      ;;
  esac
}

_hooks() {
  COMPREPLY=()
  # Bash has split the words at ":" and "=" (COMP_WORDBREAKS): what no blank parts is one word again.
  local -a words
  local rest=$COMP_LINE word i
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $rest == [[:space:]]* || i -eq 0 ]]; then
      rest=${rest#"${rest%%[![:space:]]*}"}
      words+=("$word")
    else
      words[${#words[@]}-1]+=$word
    fi
    rest=${rest#"$word"}
  done

  local commands flags valued args values point='' pending='' count=0 last=$((${#words[@]} - 1))
  _hooks_point ''
  for ((i = 1; i < last; i++)); do
    word=${words[i]}
    if [[ -n $pending ]]; then
      pending=''
    elif [[ $word == -- ]]; then
      return
    elif [[ $word == -* ]]; then
      [[ " $valued " == *" $word "* ]] && pending=$word
    elif [[ " $commands " == *" $word "* ]]; then
      point=${point:+$point }$word
      _hooks_point "$point"
    else
      count=$((count + 1))
    fi
  done

  local cur=${words[last]} value=${words[last]}
  if [[ -n $pending ]]; then
    _hooks_flag_values "$point" "$pending"
    [[ -n $values ]] && _hooks_reply "$values" ''
  elif [[ $cur == --*=* ]]; then
    value=${cur#*=}
    _hooks_flag_values "$point" "${cur%%=*}"
    [[ -n $values ]] && _hooks_reply "$values" "${cur%%=*}="
  elif [[ $cur == -* ]]; then
    _hooks_reply "$flags" ''
  elif [[ -n $commands ]]; then
    _hooks_reply "$commands" ''
  elif [[ -n $args ]]; then
    local -a each
    local IFS='|'
    each=($args)
    unset IFS
    [[ -n ${each[count]} && ${each[count]} != - ]] && _hooks_reply "${each[count]}" ''
  fi

  # Readline replaces only what stands behind the last of its break characters.
  local break head fixed=''
  for break in ':' '='; do
    if [[ $COMP_WORDBREAKS == *"$break"* && $cur == *"$break"* ]]; then
      head=${cur%"${cur##*"$break"}"}
      [[ ${#head} -gt ${#fixed} ]] && fixed=$head
    fi
  done
  if [[ -n $fixed && ${#COMPREPLY[@]} -gt 0 ]]; then
    COMPREPLY=("${COMPREPLY[@]#"$fixed"}")
  fi
  return 0
}

complete -F _hooks hooks
