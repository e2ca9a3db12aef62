// OpenSSL 3. Macros that Swift cannot see, callbacks that touch no Swift, and calls whose arguments must outlive them, are
// written here.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline void copenssl_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
}

static inline int copenssl_require_tls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline void copenssl_set_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
}

static inline void copenssl_cache_sessions_outside(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
}

// A ticket brings back the certificate that its client has shown once. When that has expired, the ticket counts for
// nothing, and the client must show one that has not.
static inline SSL_TICKET_RETURN copenssl_check_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                                      size_t name_length, SSL_TICKET_STATUS status, void *unused) {
    (void)ssl;
    (void)name;
    (void)name_length;
    (void)unused;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
    X509 *certificate = SSL_SESSION_get0_peer(session);
    if (certificate != NULL && X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static inline int copenssl_check_tickets(SSL_CTX *context) {
    return SSL_CTX_set_session_ticket_cb(context, NULL, copenssl_check_ticket, NULL);
}

static inline long copenssl_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}

// RFC 7301 3.2: the one protocol spoken here, or the alert no_application_protocol.
static inline int copenssl_choose_http1(SSL *ssl, const unsigned char **chosen, unsigned char *length,
                                        const unsigned char *offered, unsigned int offered_length, void *unused) {
    static const unsigned char http1[] = "\x08http/1.1";
    (void)ssl;
    (void)unused;
    int result = SSL_select_next_proto((unsigned char **)chosen, length, http1, sizeof http1 - 1, offered,
                                       offered_length);
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static inline void copenssl_accept_http1(SSL_CTX *context) {
    SSL_CTX_set_alpn_select_cb(context, copenssl_choose_http1, 0);
}

static inline int copenssl_offer_http1(SSL_CTX *context) {
    static const unsigned char http1[] = "\x08http/1.1";
    return SSL_CTX_set_alpn_protos(context, http1, sizeof http1 - 1);
}

// A key behind a passphrase is refused; without this OpenSSL would ask on the terminal.
static inline int copenssl_no_passphrase(char *buffer, int size, int writing, void *unused) {
    (void)buffer;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

static inline void copenssl_never_ask(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, copenssl_no_passphrase);
}

static inline int copenssl_is_passphrase_error(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_PEM && (ERR_GET_REASON(error) == PEM_R_BAD_PASSWORD_READ ||
                                                ERR_GET_REASON(error) == PEM_R_PROBLEMS_GETTING_PASSWORD);
}

// The public key of a kind, from what a builder holds; the builder is freed. Null if there is none.
static inline EVP_PKEY *copenssl_build_key(const char *kind, OSSL_PARAM_BLD *builder, int complete) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = complete ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *context = parameters ? EVP_PKEY_CTX_new_from_name(NULL, kind, NULL) : NULL;
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

// An RSA key of a modulus and an exponent, the most significant byte first.
static inline EVP_PKEY *copenssl_rsa_key(const unsigned char *modulus, int modulus_length,
                                         const unsigned char *exponent, int exponent_length) {
    BIGNUM *n = BN_bin2bn(modulus, modulus_length, NULL);
    BIGNUM *e = BN_bin2bn(exponent, exponent_length, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    int complete = n != NULL && e != NULL && builder != NULL &&
                   OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                   OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1;
    EVP_PKEY *key = copenssl_build_key("RSA", builder, complete);
    BN_free(n);
    BN_free(e);
    return key;
}

// A key of a point on a curve, uncompressed (SEC 1, 2.3.3).
static inline EVP_PKEY *copenssl_ec_key(const char *group, const unsigned char *point, size_t point_length) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    int complete = builder != NULL &&
                   OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
                   OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, point_length) == 1;
    return copenssl_build_key("EC", builder, complete);
}

static const unsigned long copenssl_name_format = XN_FLAG_RFC2253;

static inline int copenssl_is_truncation(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

#endif
