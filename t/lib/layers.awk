# SPDX-License-Identifier: MIT
# Reads the #include lines of the files named and fails where one folder uses
# what it must not know. The table is docs/architecture.md's.
BEGIN {
	may["lib"] = "lib"
	may["topologies"] = "lib topologies"
	may["vrrp"] = "lib vrrp"
	may["provision"] = "lib topologies provision"
	may["verify"] = "lib topologies provision verify"
	may["cmd"] = "lib topologies provision verify vrrp cmd"
	# Of the engine, verify knows only the codec.
	also["verify"] = "vrrp/core/advert.h"
	# Two rooms side by side: what talks to nodes, and what has them.
	never["provision/host"] = "provision/emul provision/fabric"
	never["provision/emul"] = "provision/host"
	never["provision/fabric"] = "provision/host"
	# A kind knows its kernel tables and no lab; a plan knows labs and no
	# kernel; what looks, compares and applies knows no kind by name.
	never["provision/kinds"] = "topologies provision/plan provision/host provision/emul provision/fabric"
	never["provision/plan"] = "provision/node provision/host provision/emul provision/fabric lib/kernel"
	never["topologies"] = "lib/kernel"
	# What the engine has the kernel do knows routers, and nobody above.
	only["vrrp/kernel"] = "lib vrrp/kernel vrrp/core vrrp/config vrrp/notice.h"
	# The core is pure: time and effects are values.
	split("stdint.h stdbool.h stddef.h string.h", pure_list, " ")
	for (i in pure_list)
		pure[pure_list[i]] = 1
	n = split("socket(", sockets, " ")
}

function bad(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why
	failed = 1
}

function listed(word, list,    words, count, k) {
	count = split(list, words, " ")
	for (k = 1; k <= count; k++)
		if (words[k] == word)
			return 1
	return 0
}

FNR == 1 {
	split(FILENAME, path, "/")
	folder = path[1]
	room = path[1] "/" path[2]
	is_core = room == "vrrp/core"
	in_comment = 0
}

/^#include </ && is_core {
	split($2, h, /[<>]/)
	if (!(h[2] in pure))
		bad("the VRRP core may not include <" h[2] ">")
}

/^#include "/ {
	split($2, h, "\"")
	split(h[2], path, "/")
	if (is_core && path[1] != "vrrp" && h[2] != "lib/mono.h")
		bad("the VRRP core may not include " h[2])
	if (is_core && path[1] == "vrrp" && path[2] != "core")
		bad("the VRRP core may not include " h[2] ", which is not core")
	if (folder in may && !listed(path[1], may[folder]) &&
	    !listed(h[2], also[folder]))
		bad(folder "/ may not include " h[2])
	target = path[1] "/" path[2]
	if (room in only && !listed(path[1], only[room]) &&
	    !listed(target, only[room]))
		bad(room "/ may not include " h[2])
	if (listed(path[1], never[room]) || listed(target, never[room]) ||
	    listed(target, never[folder]))
		bad(room "/ may not include " h[2])
}

/[^A-Z_]RES_[A-Z]|[^A-Z_]LINK_[A-Z]|kind_(link|netns|sysctl|addr|route|rule|neigh|fdb)/ && room == "provision/node" && !/RES_KINDS/ {
	bad("provision/node/ knows no kind by name")
}

/^#include <(linux|netlink|sys\/socket)/ && room == "provision/plan" {
	bad("a plan touches no kernel")
}

/[^a-z_]socket\(/ && folder == "vrrp" && FILENAME != "vrrp/kernel/sock.c" && !/^ ?\*/ {
	if ($0 !~ /^[ \t]*\/?\*/)
		bad("only vrrp/kernel/sock.c makes sockets")
}

/[^_a-z](strcpy|strcat|strncpy|sprintf|strtok|atoi|vsprintf)\(/ {
	if ($0 !~ /^[ \t]*\/?\*/)
		bad("a banned function")
}

/[^_a-z]exit\(/ && folder != "cmd" && $0 !~ /_exit\(/ && $0 !~ /^[ \t]*\/?\*/ {
	bad("only cmd/ ends the program")
}

/\/\/ / && $0 !~ /:\/\// && $0 !~ /"[^"]*\/\/[^"]*"/ {
	bad("// marks what must not be committed")
}

# Where the formatter moved a comment into the lines of a macro.
{
	rest = $0
	gsub(/"[^"]*"/, "", rest)
	gsub(/\/\*([^*]|\*[^\/])*\*\//, "", rest)
	if (rest ~ /\*\//)
		in_comment = 0
	else if (rest ~ /\/\*/)
		in_comment = 1
	if (in_comment && /\\$/)
		bad("a comment that goes over a macro's lines")
}

END { exit failed }
