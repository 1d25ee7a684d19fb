/* SPDX-License-Identifier: MIT */
#include "t/lib/plan_ok.h"

#include <string.h>

#include "lib/kernel/netns.h"
#include "provision/kinds/kind.h"
#include "provision/kinds/sysctl.h"

static bool ifname_ok(const char *s)
{
	return s && *s && strlen(s) < IFNAME_MAX && strcmp(s, ".") != 0 &&
	       strcmp(s, "..") != 0 && !strpbrk(s, "/ \t\n:");
}

/* The node's own, or one that is the lab's by its name's beginning. */
static bool netns_ok(const char *s)
{
	return s &&
	       (!*s || (netns_name_ok(s) && (strncmp(s, "qrouter-", 8) == 0 ||
					     strncmp(s, "qdhcp-", 6) == 0 ||
					     strncmp(s, "vm-", 3) == 0)));
}

static bool link_ok(const struct res_link *l)
{
	if (!ifname_ok(l->name) || l->mtu > 65535 ||
	    (l->master && !ifname_ok(l->master)))
		return false;
	if (l->peer && (!ifname_ok(l->peer) || !netns_ok(l->peer_netns)))
		return false;
	if (l->kind == LINK_VLAN)
		return l->vlan && l->vlan <= TOPO_VLAN_MAX && ifname_ok(l->dev);
	return l->kind != LINK_VXLAN ||
	       (l->vni && l->vni < 1u << 24 && ifname_ok(l->dev));
}

/* A DHCP server in its namespace, with files where Neutron has them. */
static bool dnsmasq_ok(const struct res_service *s)
{
	static const char dir[] = SERVICE_NEUTRON_DIR "dhcp/";

	if (!s->netns || !netns_ok(s->netns) ||
	    strncmp(s->netns, "qdhcp-", 6) != 0 || s->control || s->when ||
	    !netns_name_ok(s->name))
		return false;
	for (size_t i = 0; i < s->nfiles; i++)
		if (!service_file_ok(s->files[i].path) ||
		    strncmp(s->files[i].path, dir, strlen(dir)) != 0)
			return false;
	/* Words that could name other programs or files. */
	for (size_t i = 1; i < s->nargs; i++)
		if (s->argv[i][0] != '-' || s->argv[i][1] != '-' ||
		    strstr(s->argv[i], "..") || strstr(s->argv[i], "script"))
			return false;
	return true;
}

/* Files where they may be, and no word that leads elsewhere. */
static bool role_program_ok(const struct res_service *s)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (!service_file_ok(s->files[i].path))
			return false;
	for (size_t i = 1; i < s->nargs; i++)
		if (strstr(s->argv[i], ".."))
			return false;
	return netns_ok(s->netns ? s->netns : "");
}

/* An instance: this very program, in the namespace that it names. */
static bool machine_ok(const struct res_service *s)
{
	if (!s->netns || strncmp(s->netns, "vm-", 3) != 0 ||
	    !netns_ok(s->netns) || s->nfiles || s->control || s->when ||
	    !netns_name_ok(s->name) || s->nargs < 8 ||
	    strcmp(s->argv[1], "machine") != 0 ||
	    strcmp(s->argv[3], s->netns) != 0)
		return false;
	for (size_t i = 2; i < s->nargs; i++)
		if (strcmp(s->argv[i], "--enter") == 0)
			return false;
	return true;
}

/* Open vSwitch's: nothing in their words is a lab file's. */
static bool ovs_ok(const struct res_service *s, const struct plan *p,
		   struct arena *a)
{
	const char *flows = arena_printf(a, "%s/flows", p->state_dir);

	for (size_t i = 0; i < s->nfiles; i++)
		if (!service_file_ok(s->files[i].path) ||
		    strncmp(s->files[i].path, "flows/", 6) != 0)
			return false;
	if (strcmp(s->name, "ovs-flows") == 0)
		return s->nargs == 3 && strcmp(s->argv[0], "labctl") == 0 &&
		       strcmp(s->argv[1], "flows") == 0 &&
		       strcmp(s->argv[2], flows) == 0;
	if (strcmp(s->name, "ovsdb-server") == 0)
		return s->nargs == 2 && strcmp(s->argv[0], "labctl") == 0 &&
		       strcmp(s->argv[1], "ovsdb") == 0;
	return strcmp(s->argv[0], "ovs-vswitchd") == 0 && !s->nfiles;
}

/* Who carries connections: its file is its own, and names namespaces of routers
 * and addresses of hosts. */
static bool sync_ok(const struct res_service *s, const struct plan *p,
		    struct arena *a)
{
	const char *config = arena_printf(a, "%s/conntrack.json", p->state_dir);
	const char *roles =
		arena_printf(a, "{\"roles\": \"%s\",", p->state_dir);

	return s->nargs == 3 && strcmp(s->argv[0], "labctl") == 0 &&
	       strcmp(s->argv[1], "conntrack") == 0 &&
	       strcmp(s->argv[2], config) == 0 && s->nfiles == 1 &&
	       strcmp(s->files[0].path, "conntrack.json") == 0 &&
	       strncmp(s->files[0].text, roles, strlen(roles)) == 0 &&
	       !strchr(s->files[0].text, '\\') && !s->netns && !s->control;
}

/* Of programs only those known, and files nowhere but in the state folder. */
static bool service_ok(const struct res_service *s, const struct plan *p,
		       struct arena *a)
{
	const char *control =
		arena_printf(a, "\"control\": \"%s/vrrp.sock\"", p->state_dir);
	const char *config = arena_printf(a, "%s/vrrp.yaml", p->state_dir);

	if (strcmp(s->argv[0], "dnsmasq") == 0)
		return dnsmasq_ok(s);
	if (strcmp(s->argv[0], "radvd") == 0 ||
	    strcmp(s->argv[0], "haproxy") == 0)
		return role_program_ok(s);
	if (strncmp(s->name, "machine-", 8) == 0)
		return strcmp(s->argv[0], "labctl") == 0 && machine_ok(s);
	if (strcmp(s->name, "metadata") == 0 &&
	    strcmp(s->argv[0], "labctl") == 0 && s->nargs == 6 &&
	    strcmp(s->argv[1], "metadata") == 0)
		return role_program_ok(s);
	if (strncmp(s->name, "ovs", 3) == 0)
		return ovs_ok(s, p, a);
	if (strcmp(s->name, "conntrack") == 0)
		return sync_ok(s, p, a);
	return strcmp(s->name, SERVICE_ENGINE) == 0 && s->nargs == 4 &&
	       strcmp(s->argv[0], "labctl") == 0 &&
	       strcmp(s->argv[3], config) == 0 && s->nfiles == 1 &&
	       service_path_ok(s->files[0].path) &&
	       service_path_ok(s->control) &&
	       netns_ok(s->netns ? s->netns : "") &&
	       strstr(s->files[0].text, control) != NULL;
}

static bool res_ok(const struct res *r, const struct plan *p, struct arena *a)
{
	if (!netns_ok(r->netns))
		return false;
	switch (r->kind) {
	case RES_NETNS:
		return *r->netns != '\0';
	case RES_LINK:
		return link_ok(&r->link);
	case RES_SYSCTL:
		return sysctl_key_ok(r->sysctl.key) && r->sysctl.value;
	case RES_ADDR:
		return ifname_ok(r->addr.dev) && ip_is_set(&r->addr.addr.ip);
	case RES_ROUTE:
		return ifname_ok(r->route.dev) &&
		       (!ip_is_set(&r->route.via) ||
			r->route.via.family == r->route.to.ip.family);
	case RES_FDB:
		return ifname_ok(r->fdb.dev) && ip_is_set(&r->fdb.dst);
	case RES_NEIGH:
		return *r->netns && ifname_ok(r->neigh.dev) &&
		       ip_is_set(&r->neigh.addr) && r->neigh.reserved;
	case RES_RULE:
	case RES_QDISC:
	case RES_XFRM:
	case RES_PROCESS:
		return false; /* no plan has them */
	case RES_RULES:
		return *r->netns && !r->rules.table;
	case RES_FILTER:
		return !*r->netns && r->filter.text4 && r->filter.text6 &&
		       r->filter.bridge && r->filter.sets && r->filter.forbids;
	case RES_FILE:
		return !*r->netns && service_file_ok(r->file.path) &&
		       *r->file.path == '/' && r->file.text;
	case RES_SERVICE:
		return service_ok(&r->service, p, a);
	case RES_ADVERTS:
		return !*r->netns && ifname_ok(r->adverts.dev) &&
		       r->adverts.vrid && r->adverts.vip.family == 4;
	case RES_OFFLOAD:
		return ifname_ok(r->offload.dev);
	case RES_OVS:
		return !*r->netns && ifname_ok(r->ovs.name) &&
		       (!r->ovs.bridge || ifname_ok(r->ovs.bridge)) &&
		       !strpbrk(r->ovs.options, "\"{} ");
	case RES_FLOWS:
		return ifname_ok(r->flows.bridge) && *r->flows.text;
	}
	return false;
}

const char *plan_wrong(struct arena *a, const struct lab *lab,
		       const struct plan *p)
{
	size_t i;

	if (!netns_name_ok(lab->name) || strlen(lab->name) > TOPO_LAB_NAME_MAX)
		return "the lab's name";
	if (strcmp(p->mark, arena_printf(a, "labctl:%s", lab->name)) != 0)
		return "the mark";
	if (strcmp(p->state_dir,
		   arena_printf(a, "/run/labctl/%s", lab->name)) != 0)
		return "the state folder";
	for (i = 0; i < p->n; i++)
		if (!res_ok(&p->res[i], p, a))
			return arena_printf(a, "a resource: %s",
					    res_what(a, &p->res[i]));
	for (i = 0; i < p->nvirt; i++)
		if (!ifname_ok(kind_of(&p->virt[i])->dev(&p->virt[i])) ||
		    !*p->virt[i].netns || !netns_ok(p->virt[i].netns))
			return "what is virtual";
	return NULL;
}
