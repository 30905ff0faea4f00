#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tool itself, where it needs neither a module nor root: mistyped words, keys,
# the check of a file.
cd "$(dirname "$0")/.." || exit 1
. ../tests/selftests/lib.sh
tool=paxosctl/paxosctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

means() { # typed... -- meant: the only thing that is said besides what is wrong
	local typed=()
	while [ "$1" != -- ]; do typed+=("$1"); shift; done
	refuses 1 "did you mean '$2'?" "$tool" "${typed[@]}"
}

no_hint() { # typed...
	refuses 1 'unknown command' "$tool" "$@" && ! "$tool" "$@" 2>&1 | grep -F 'did you mean'
}

keys_differ() {
	local one two
	one=$("$tool" genkey) && two=$("$tool" genkey) && [ "$one" != "$two" ] &&
		[ "$(base64 -d <<<"$one" | wc -c)" = 32 ] && [ "$(base64 -d <<<"$two" | wc -c)" = 32 ]
}

key_as_json() {
	"$tool" -j genkey | python3 -c 'import base64, json, sys
key = json.load(sys.stdin)["key"]
sys.exit(len(base64.b64decode(key, validate=True)) != 32)'
}

no_room() {
	refuses 2 'cannot write standard output' bash -c '"$1" genkey >/dev/full' bash "$tool"
}

printf '[group]\ndevice = /dev/vdb\nlisten = 10.0.0.1:7400\ninsecure = yes\n[peer 2]\n%s\n' \
	'address = 10.0.0.2:7400' >"$work/kv.conf"
sed 's/listen/lisen/' "$work/kv.conf" >"$work/bad.conf"

ok "a mistyped command" means satus -- status
ok "a mistyped command with arguments" means prpose kv hello -- propose
ok "a mistyped first word of two" means gruop list -- 'group list'
ok "a mistyped second word" means member promot kv 4 -- 'member promote'
ok "both mistyped" means pear dle kv 4 -- 'peer del'
ok "a first word whose second word is none" means gruop kv -- group
ok "words that are like none get no hint" no_hint xyzzy
ok "nor do second words" no_hint member kick kv 2
ok "a first word alone: the second ones are named" \
	refuses 1 "needs a second word: list, add, promote, remove, replace" "$tool" member
ok "a mistyped option" refuses 1 'did you mean --json?' "$tool" status --jsno
ok "a mistyped option of one command" \
	refuses 1 'did you mean --device?' "$tool" group add kv --devise=/dev/vdb
ok "hints in JSON too" refuses 1 \
	'{"error":{"code":1,"message":"unknown command '\''lern'\'': did you mean '\''learn'\''?"}}' \
	"$tool" lern kv -j
ok "genkey: 32 bytes in base64, and others each time" keys_differ
ok "genkey as JSON" key_as_json
ok "genkey takes no words" refuses 1 'too many arguments' "$tool" genkey kv
ok "genkey fails if it cannot be written" no_room
ok "a file that is right" is "$work/kv.conf: group kv on /dev/vdb at 10.0.0.1:7400, 1 peers: ok" \
	"$tool" config check "$work/kv.conf"
ok "the same as JSON" is '{"file":"'"$work"'/kv.conf","group":"kv","device":"/dev/vdb",'`
	`'"listen":"10.0.0.1:7400","peers":[{"id":2,"address":"10.0.0.2:7400"}]}' \
	"$tool" -j config check "$work/kv.conf"
ok "a file that is wrong: file, line, key, and what was meant" refuses 1 \
	"$work/bad.conf:3: unknown key 'lisen' in [group]: did you mean 'listen'?" \
	"$tool" config check "$work/bad.conf"
ok "up reads it before anything else" refuses 1 "$work/bad.conf:3: " "$tool" up "$work/bad.conf"
ok "a file that is not there" refuses 5 'cannot open' "$tool" up no-such-group
ok "completion for a shell that it has none for" refuses 1 "bash|zsh|fish" "$tool" completion ksh
finish
