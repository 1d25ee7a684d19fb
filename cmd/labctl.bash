# SPDX-License-Identifier: MIT
# Completion of labctl for bash. What can stand where is the program's own to
# say ('labctl complete'), so that nothing is listed here.
# shellcheck shell=bash
_labctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} line file
	COMPREPLY=()
	[ "$cur" = = ] && cur=
	while IFS= read -r line; do
		case $line in
		:files | :any)
			compopt -o filenames 2>/dev/null
			while IFS= read -r file; do
				case $line$file in
				:any* | *.yaml | *.yml | *.json)
					COMPREPLY+=("$file") ;;
				*)
					[ -d "$file" ] && COMPREPLY+=("$file") ;;
				esac
			done < <(compgen -f -- "$cur") ;;
		*)
			COMPREPLY+=("$line") ;;
		esac
	done < <("${COMP_WORDS[0]}" complete "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null)
}
complete -F _labctl labctl
