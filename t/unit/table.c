/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/auto.h"
#include "lib/table.h"
#include "t/lib/tap.h"

static void columns(void)
{
	static const char *const heads[] = {"NODE", ">ROUTERS", "STATE", NULL};
	auto_table struct table t = {0};
	auto_buf struct buf out = {0};

	table_init(&t, heads);
	table_print(&t, false, &out);
	is(out.data, "NODE  ROUTERS  STATE\n", "no rows: the heads alone");
	table_add(&t, "network1");
	table_add(&t, "12");
	table_paint(&t, TABLE_GOOD, "running");
	table_add(&t, "c");
	is_int(table_rows(&t), 1, "a row begun is not yet a row");
	table_add(&t, "");
	table_paint(&t, TABLE_BAD, "unreachable");
	is_int(table_rows(&t), 2, "two rows");
	buf_reset(&out);
	table_print(&t, false, &out);
	is(out.data,
	   "NODE      ROUTERS  STATE\n"
	   "network1       12  running\n"
	   "c               -  unreachable\n",
	   "widths, the right-hand column, no blanks at the end");
	t.indent = 2;
	buf_reset(&out);
	table_print(&t, true, &out);
	ok(strstr(out.data, "\033[32mrunning\033[0m\n") != NULL,
	   "good is green");
	ok(strstr(out.data, "  \033[1mNODE\033[0m      ") != NULL,
	   "colours take no width");
}

static void hostile(void)
{
	static const char *const heads[] = {"A", "B", NULL};
	auto_table struct table t = {0};
	auto_buf struct buf out = {0};

	table_init(&t, heads);
	table_add(&t, "\033[2Jx\ny");
	table_add(&t, "ende");
	table_add(&t, "gr\xc3\xbc\xc3\x9f");
	table_add(&t, "z");
	table_print(&t, false, &out);
	is(out.data,
	   "A        B\n"
	   "?[2Jx?y  ende\n"
	   "gr\xc3\xbc\xc3\x9f     z\n",
	   "control characters are shown, UTF-8 is counted in characters");
	is_int(table_width("gr\xc3\xbc\xc3\x9f"), 4, "width of UTF-8");
}

int main(void)
{
	columns();
	hostile();
	return tap_done();
}
