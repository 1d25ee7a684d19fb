/* SPDX-License-Identifier: MIT */
#include "provision/fabric/sshd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/spec.h"

#define SSH_FILE_MAX 65536

static void ssh_config(const struct emul_node *n, struct buf *b)
{
	buf_printf(b,
		   "Port 22\n"
		   "ListenAddress %s\n"
		   "HostKey " EMUL_RUN "/ssh/host_key\n"
		   "HostKeyAlgorithms ssh-ed25519\n"
		   "KexAlgorithms curve25519-sha256,"
		   "curve25519-sha256@libssh.org,ecdh-sha2-nistp256\n"
		   "AuthorizedKeysFile " EMUL_RUN "/ssh/authorized_keys\n"
		   "StrictModes no\n"
		   "PermitRootLogin prohibit-password\n"
		   "PasswordAuthentication no\n"
		   "KbdInteractiveAuthentication no\n"
		   "UsePAM no\n"
		   "UseDNS no\n"
		   "PrintMotd no\n"
		   "PrintLastLog no\n"
		   "PidFile none\n"
		   "X11Forwarding no\n"
		   "AcceptEnv LANG LC_*\n"
		   "SetEnv PATH=" EMUL_PATH "\n"
		   "Subsystem sftp internal-sftp\n"
		   "MaxSessions 64\n"
		   "MaxStartups 64\n"
		   "LoginGraceTime 30\n"
		   "LogLevel INFO\n",
		   n->address);
}

static bool has_text(const char *path, const struct buf *text)
{
	auto_buf struct buf b = {0};

	return file_read(path, SSH_FILE_MAX, &b) == 0 && b.len == text->len &&
	       memcmp(b.data, text->data, b.len) == 0;
}

/* A file of sshd's; text's end is the caller's. */
static int ssh_file(const char *name, const struct buf *text, bool apply,
		    unsigned *drift, struct err *reterr)
{
	char path[64];

	snprintf(path, sizeof(path), EMUL_RUN "/ssh/%s", name);
	if (has_text(path, text))
		return 0;
	++*drift;
	return apply ? file_replace(path, 0600, text->data, text->len, reterr)
		     : 0;
}

static int ssh_dir(const char *path, mode_t mode, bool apply, unsigned *drift,
		   struct err *reterr)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && !st.st_uid &&
	    (st.st_mode & 07777) == mode)
		return 0;
	++*drift;
	if (!apply)
		return 0;
	if (mkdir(path, mode) < 0 && errno == EEXIST && !S_ISDIR(st.st_mode) &&
	    unlink(path) == 0)
		(void)mkdir(path, mode);
	if (chown(path, 0, 0) < 0 || chmod(path, mode) < 0)
		return err_sys(reterr, -errno, "make %s", path);
	return 0;
}

int emul_ssh_files(const struct emul_node *n, const char *client_pub,
		   bool apply, unsigned *ret_drift, struct err *reterr)
{
	auto_buf struct buf key = {0}, pub = {0}, config = {0};
	int r;

	if (!n->address)
		return 0;
	buf_adds(&key, n->key ? n->key : "");
	buf_printf(&pub, "%s labctl\n", client_pub ? client_pub : "");
	ssh_config(n, &config);
	r = ssh_dir("/run/sshd", 0755, apply, ret_drift, reterr);
	if (r == 0)
		r = ssh_dir(EMUL_RUN "/ssh", 0700, apply, ret_drift, reterr);
	if (r == 0)
		r = ssh_file("host_key", &key, apply, ret_drift, reterr);
	if (r == 0)
		r = ssh_file("authorized_keys", &pub, apply, ret_drift, reterr);
	if (r == 0)
		r = ssh_file("sshd_config", &config, apply, ret_drift, reterr);
	return r;
}
