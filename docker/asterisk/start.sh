#!/bin/sh
# Writes the files that hold secrets, from /run/secrets, and becomes Asterisk.
#   ami_secret         the manager's, the same file as the gateway's [asterisk] ami_secret_file
#   operator_password  of the operators' phone
#   AMI_PERMIT         network that may speak to the manager, default 172.16.0.0/255.240.0.0 (Docker's own)
set -eu

umask 077
secret=$(cat /run/secrets/ami_secret)
password=$(cat /run/secrets/operator_password)
case "$secret$password" in
*[!A-Za-z0-9_-]*)
  echo "secrets: letters, digits, - and _ only, on one line" >&2
  exit 1
  ;;
esac
if [ ${#secret} -lt 16 ] || [ ${#password} -lt 16 ]; then
  echo "secrets: at least 16 characters" >&2
  exit 1
fi

printf 'permit = %s\nsecret = %s\n' "${AMI_PERMIT:-172.16.0.0/255.240.0.0}" "$secret" >/etc/asterisk/secret/manager.conf
printf '[operator]\ntype = auth\nauth_type = userpass\nusername = operator\npassword = %s\n' "$password" \
  >/etc/asterisk/secret/operator.conf

umask 007 # recordings are the gateway's to read
exec asterisk -f
