#!/bin/sh
# A key and a certificate for 127.0.0.1 that the tests' server shows and the tests' client trusts; valid for a century,
# used nowhere else. Written by OpenSSL 3. Run from the root of the repository.
set -eu
out=crates/pretrained/src/fetch/http
key=$(mktemp)
openssl ecparam -name prime256v1 -genkey -noout -out "$key"
openssl pkcs8 -topk8 -nocrypt -in "$key" -outform DER -out "$out/test_key.der"
openssl req -x509 -new -key "$key" -days 36500 -subj "/CN=cordsight test" -outform DER -out "$out/test_certificate.der" \
    -addext "subjectAltName=IP:127.0.0.1" -addext "basicConstraints=critical,CA:FALSE"
rm "$key"
