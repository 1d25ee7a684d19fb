/* SPDX-License-Identifier: MIT */
/*
 * The tree of metadata
 * ====================
 * A path is a directory or a file. Directories list what is in them, a name
 * on a line, directories with a slash behind, and are found with and without
 * a slash at their end, as cloud-init and people ask for them. What an
 * instance does not have (a key, user data, a floating address) is not in
 * the listing and is not found.
 *
 * EC2's tree is a table of names and functions that write a value. Versions
 * are those that Nova answers for: any of its dates and "latest".
 */
#include "provision/metadata/answer.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"

#define TEXT "text/plain; charset=UTF-8"
#define JSON "application/json"
#define KEY_NAME "labctl"

typedef void value_fn(const struct metadata_instance *i, struct buf *b);
typedef bool has_fn(const struct metadata_instance *i);

static const char *const ec2_versions[] = {
	"1.0",        "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10",
	"2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04", "latest",
};

static const char *const openstack_versions[] = {
	"2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15",
	"2016-06-30", "2016-10-06", "2017-02-22", "latest",
};

static const struct ip *address(const struct metadata_instance *i, int family)
{
	for (size_t k = 0; k < i->naddrs; k++)
		if (i->addrs[k].addr.ip.family == family)
			return &i->addrs[k].addr.ip;
	return NULL;
}

static void put_ip(const struct ip *ip, struct buf *b)
{
	char text[IP_TEXT_MAX];

	if (ip)
		buf_adds(b, ip_print(ip, text));
}

static bool always(const struct metadata_instance *i)
{
	(void)i;
	return true;
}

static bool has_key(const struct metadata_instance *i)
{
	return i->public_key && *i->public_key;
}

static bool has_user_data(const struct metadata_instance *i)
{
	return i->user_data && *i->user_data;
}

static bool has_ipv4(const struct metadata_instance *i)
{
	return address(i, 4) != NULL;
}

static void ami_id(const struct metadata_instance *i, struct buf *b)
{
	(void)i;
	buf_adds(b, "ami-00000001");
}

static void launch_index(const struct metadata_instance *i, struct buf *b)
{
	(void)i;
	buf_adds(b, "0");
}

static void manifest(const struct metadata_instance *i, struct buf *b)
{
	(void)i;
	buf_adds(b, "none");
}

static void hostname(const struct metadata_instance *i, struct buf *b)
{
	buf_adds(b, i->hostname);
}

static void action(const struct metadata_instance *i, struct buf *b)
{
	(void)i;
	buf_adds(b, "none");
}

static void instance_id(const struct metadata_instance *i, struct buf *b)
{
	buf_printf(b, "i-%08" PRIx32, i->number);
}

static void instance_type(const struct metadata_instance *i, struct buf *b)
{
	(void)i;
	buf_adds(b, "namespace");
}

static void local_ipv4(const struct metadata_instance *i, struct buf *b)
{
	put_ip(address(i, 4), b);
}

static void public_ipv4(const struct metadata_instance *i, struct buf *b)
{
	if (ip_is_set(&i->floating))
		put_ip(&i->floating, b);
}

static void zone(const struct metadata_instance *i, struct buf *b)
{
	(void)i;
	buf_adds(b, "nova");
}

static void key_list(const struct metadata_instance *i, struct buf *b)
{
	(void)i;
	buf_adds(b, "0=" KEY_NAME);
}

static void key(const struct metadata_instance *i, struct buf *b)
{
	buf_adds(b, i->public_key);
}

static void reservation(const struct metadata_instance *i, struct buf *b)
{
	buf_printf(b, "r-%.8s", i->uuid);
}

static void groups(const struct metadata_instance *i, struct buf *b)
{
	for (size_t k = 0; k < i->ngroups; k++)
		buf_printf(b, "%s%s", k ? "\n" : "", i->groups[k]);
	if (!i->ngroups)
		buf_adds(b, "default");
}

/*
 * Files by their path below meta-data/, in order; a directory is there where
 * a file is in it. EC2's listing of public-keys/ is not of its files, so it
 * is a file of its own here.
 */
static const struct file {
	const char *path;
	value_fn *value;
	has_fn *has;
} files[] = {
	{"ami-id", ami_id, always},
	{"ami-launch-index", launch_index, always},
	{"ami-manifest-path", manifest, always},
	{"hostname", hostname, always},
	{"instance-action", action, always},
	{"instance-id", instance_id, always},
	{"instance-type", instance_type, always},
	{"local-hostname", hostname, always},
	{"local-ipv4", local_ipv4, has_ipv4},
	{"placement/availability-zone", zone, always},
	{"public-hostname", hostname, always},
	{"public-ipv4", public_ipv4, has_ipv4},
	{"public-keys/", key_list, has_key},
	{"public-keys/0/openssh-key", key, has_key},
	{"reservation-id", reservation, always},
	{"security-groups", groups, always},
};

static bool is_in(const char *word, size_t len, const char *const *list,
		  size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && memcmp(list[i], word, len) == 0)
			return true;
	return false;
}

/* A line of a listing, once. */
static void entry(struct buf *b, size_t from, const char *name, size_t len)
{
	const char *p = b->data ? b->data + from : "";
	size_t n;

	for (; *p; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (n == len && memcmp(p, name, len) == 0)
			return;
	}
	if (b->len > from)
		buf_addc(b, '\n');
	buf_add(b, name, len);
}

/* The listing of a directory below meta-data/, "" or "placement/". */
static bool list(const struct metadata_instance *i, const char *dir,
		 struct buf *b)
{
	size_t from = b->len, len = strlen(dir), n;
	const struct file *f;

	for (f = files; f < files + ARRAY_LEN(files); f++) {
		if (strncmp(f->path, dir, len) != 0 || !f->has(i))
			continue;
		n = strcspn(f->path + len, "/");
		entry(b, from, f->path + len, n + (f->path[len + n] == '/'));
	}
	return b->len > from;
}

static const struct metadata_answer not_found = {METADATA_NOT_FOUND, TEXT};
static const struct metadata_answer text_ok = {METADATA_OK, TEXT};
static const struct metadata_answer json_ok = {METADATA_OK, JSON};

static struct metadata_answer ec2(const struct metadata_instance *i,
				  const char *rest, struct buf *b)
{
	char dir[METADATA_PATH_MAX + 2];
	const struct file *f;

	if (!*rest) {
		buf_adds(b, has_user_data(i) ? "meta-data/\nuser-data"
					     : "meta-data/");
		return text_ok;
	}
	if (strcmp(rest, "user-data") == 0 && has_user_data(i)) {
		buf_adds(b, i->user_data);
		return (struct metadata_answer){METADATA_OK,
						"application/octet-stream"};
	}
	if (strcmp(rest, "meta-data") == 0)
		rest = "meta-data/";
	if (strncmp(rest, "meta-data/", 10) != 0)
		return not_found;
	rest += 10;
	snprintf(dir, sizeof(dir), "%s%s", rest,
		 *rest && rest[strlen(rest) - 1] != '/' ? "/" : "");
	for (f = files; f < files + ARRAY_LEN(files); f++)
		if (f->has(i) &&
		    (strcmp(f->path, rest) == 0 || strcmp(f->path, dir) == 0)) {
			f->value(i, b);
			return text_ok;
		}
	return list(i, dir, b) ? text_ok : not_found;
}

/* --- OpenStack --------------------------------------------------------------
 */

static void meta_data(const struct metadata_instance *i, struct buf *b)
{
	struct json j;

	json_init(&j, b, 0);
	json_obj(&j);
	json_kstr(&j, "uuid", i->uuid);
	json_kstr(&j, "name", i->name);
	json_kstr(&j, "hostname", i->hostname);
	json_kint(&j, "launch_index", 0);
	json_kstr(&j, "availability_zone", "nova");
	if (i->project)
		json_kstr(&j, "project_id", i->project);
	json_key(&j, "meta");
	json_obj(&j);
	json_obj_end(&j);
	if (has_key(i)) {
		json_key(&j, "public_keys");
		json_obj(&j);
		json_kstr(&j, KEY_NAME, i->public_key);
		json_obj_end(&j);
		json_key(&j, "keys");
		json_arr(&j);
		json_obj(&j);
		json_kstr(&j, "name", KEY_NAME);
		json_kstr(&j, "type", "ssh");
		json_kstr(&j, "data", i->public_key);
		json_obj_end(&j);
		json_arr_end(&j);
	}
	json_obj_end(&j);
}

static void route(struct json *j, const struct metadata_addr *a)
{
	char text[IP_TEXT_MAX];
	bool six = a->addr.ip.family == 6;

	json_key(j, "routes");
	json_arr(j);
	if (ip_is_set(&a->gateway)) {
		json_obj(j);
		json_kstr(j, "network", six ? "::" : "0.0.0.0");
		json_kstr(j, "netmask", six ? "::" : "0.0.0.0");
		json_kstr(j, "gateway", ip_print(&a->gateway, text));
		json_obj_end(j);
	}
	json_arr_end(j);
}

static void network_data(const struct metadata_instance *i, struct buf *b)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	struct json j;

	json_init(&j, b, 0);
	json_obj(&j);
	json_key(&j, "links");
	json_arr(&j);
	json_obj(&j);
	json_kstr(&j, "id", "tap0");
	json_kstr(&j, "vif_id", i->port);
	json_kstr(&j, "type", "bridge");
	json_kint(&j, "mtu", i->mtu);
	json_kstr(&j, "ethernet_mac_address", mac_print(&i->mac, mac));
	json_obj_end(&j);
	json_arr_end(&j);
	json_key(&j, "networks");
	json_arr(&j);
	for (size_t k = 0; k < i->naddrs; k++) {
		const struct metadata_addr *a = &i->addrs[k];

		json_obj(&j);
		json_key(&j, "id");
		json_fmt(&j, "network%zu", k);
		json_kstr(&j, "type", a->how ? a->how : "ipv4");
		json_kstr(&j, "link", "tap0");
		json_kstr(&j, "network_id", i->network);
		json_kstr(&j, "ip_address", ip_print(&a->addr.ip, text));
		json_kint(&j, "prefix_length", a->addr.len);
		route(&j, a);
		json_obj_end(&j);
	}
	json_arr_end(&j);
	json_key(&j, "services");
	json_arr(&j);
	json_arr_end(&j);
	json_obj_end(&j);
}

static struct metadata_answer openstack(const struct metadata_instance *i,
					const char *rest, struct buf *b)
{
	if (!*rest) {
		buf_adds(b, "meta_data.json\nnetwork_data.json\n"
			    "vendor_data.json");
		if (has_user_data(i))
			buf_adds(b, "\nuser_data");
		return text_ok;
	}
	if (strcmp(rest, "meta_data.json") == 0) {
		meta_data(i, b);
		return json_ok;
	}
	if (strcmp(rest, "network_data.json") == 0) {
		network_data(i, b);
		return json_ok;
	}
	if (strcmp(rest, "vendor_data.json") == 0) {
		buf_adds(b, "{}");
		return json_ok;
	}
	if (strcmp(rest, "user_data") == 0 && has_user_data(i)) {
		buf_adds(b, i->user_data);
		return (struct metadata_answer){METADATA_OK,
						"application/octet-stream"};
	}
	return not_found;
}

static struct metadata_answer lines(const char *const *list, size_t n,
				    struct buf *b)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", i ? "\n" : "", list[i]);
	return text_ok;
}

struct metadata_answer metadata_answer(const struct metadata_instance *i,
				       const char *path, struct buf *body)
{
	const char *word;
	size_t len;

	if (strlen(path) > METADATA_PATH_MAX)
		return not_found;
	path += strspn(path, "/");
	if (!*path)
		return lines(ec2_versions, ARRAY_LEN(ec2_versions), body);
	len = strcspn(path, "/");
	if (is_in(path, len, ec2_versions, ARRAY_LEN(ec2_versions)))
		return ec2(i, path + len + strspn(path + len, "/"), body);
	if (len != strlen("openstack") || memcmp(path, "openstack", len) != 0)
		return not_found;
	word = path + len + strspn(path + len, "/");
	if (!*word)
		return lines(openstack_versions, ARRAY_LEN(openstack_versions),
			     body);
	len = strcspn(word, "/");
	if (!is_in(word, len, openstack_versions,
		   ARRAY_LEN(openstack_versions)))
		return not_found;
	return openstack(i, word + len + strspn(word + len, "/"), body);
}
