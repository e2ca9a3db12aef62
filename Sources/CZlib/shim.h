// zlib. Macros that Swift cannot see are written here.
#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

// What is read is not changed.
#define ZLIB_CONST
#include <zlib.h>

// Windows of raw DEFLATE, without a header or a checksum, are asked for by a negative number.
static inline int czlib_deflate_init_raw(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

static inline int czlib_inflate_init_raw(z_stream *stream, int window_bits) {
    return inflateInit2(stream, -window_bits);
}

#endif
