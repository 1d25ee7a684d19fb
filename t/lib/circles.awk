# SPDX-License-Identifier: MIT
# Reads the #include lines of all files named and fails where modules include
# one another in a circle. A module is a .c with its .h; a header without a .c
# of its own hands on what it includes.
FNR == 1 {
	name = FILENAME
	is_c = sub(/\.c$/, "", name)
	sub(/\.h$/, "", name)
	all[name] = 1
	if (is_c)
		module[name] = 1
}

/^#include "/ {
	split($2, h, "\"")
	sub(/\.h$/, "", h[2])
	if (h[2] != name)
		out[name] = out[name] " " h[2]
}

# The modules that v reaches, through bare headers too, in reach[from, ...].
function hand_on(from, v,    o, n, i) {
	n = split(out[v], o, " ")
	for (i = 1; i <= n; i++) {
		if ((from, o[i]) in seen)
			continue
		seen[from, o[i]] = 1
		if (!(o[i] in module))
			hand_on(from, o[i])
		else if (o[i] != from)
			uses[from] = uses[from] " " o[i]
	}
}

# Tarjan: modules that reach one another come off the stack together.
function visit(v,    o, n, i, w, line) {
	low[v] = num[v] = ++count
	stack[++top] = v
	on[v] = 1
	n = split(uses[v], o, " ")
	for (i = 1; i <= n; i++) {
		if (!(o[i] in num))
			visit(o[i])
		if (on[o[i]] && low[o[i]] < low[v])
			low[v] = low[o[i]]
	}
	if (low[v] != num[v])
		return
	n = 0
	do {
		w = stack[top--]
		on[w] = 0
		line = line " " w
	} while (++n && w != v)
	if (n > 1) {
		print "include one another:" line
		failed = 1
	}
}

END {
	for (v in module)
		hand_on(v, v)
	for (v in module)
		if (!(v in num))
			visit(v)
	exit failed
}
