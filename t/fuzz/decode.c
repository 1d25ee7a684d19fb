/* SPDX-License-Identifier: MIT */
/*
 * The frame decoder must take any bytes. The first byte of an input chooses
 * the link type, the rest is the frame. With libFuzzer:
 * clang -fsanitize=fuzzer,address,undefined.
 */
#include <stdlib.h>

#include "verify/decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int types[] = {DECODE_ETHERNET, DECODE_LINUX_SLL2, 0};
	enum decode_result r;
	struct frame f;
	struct ip ip;

	if (!size)
		return 0;
	r = decode_frame(types[data[0] % 3], data + 1, size - 1, &f);
	if (r >= DECODE_RESULTS || !decode_result_names[r])
		abort();
	if (r == DECODE_OK && f.kind == FRAME_ADVERT && f.advert.fault)
		abort();
	if (frame_is_announcement(&f, &ip) && !ip_is_set(&ip))
		abort();
	return 0;
}
