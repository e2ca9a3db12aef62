// OpenSSL 3. Macros that Swift cannot see are wrapped here as they come to be needed.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/rand.h>
#include <openssl/sha.h>

#endif
