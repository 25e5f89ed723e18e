# SPDX-License-Identifier: MIT
"""The servers that more than one entry needs."""

import pathlib
import subprocess

from lib import machine

HERE = pathlib.Path(__file__).resolve().parent

NGINX = """daemon off; user root; worker_processes 1; pid {directory}/pid; error_log stderr crit;
events {{ worker_connections 16384; }}
http {{
  access_log off; default_type text/html;
  keepalive_timeout {keep}; keepalive_requests 1000000;
  client_body_temp_path {directory}/t1; proxy_temp_path {directory}/t2;
  fastcgi_temp_path {directory}/t3; uwsgi_temp_path {directory}/t4; scgi_temp_path {directory}/t5;
  server {{
    {listen}
    {tls}
    {location}
  }}
}}
"""
TLS = """ssl_certificate {directory}/cert; ssl_certificate_key {directory}/key;
    ssl_protocols TLSv1.2 TLSv1.3;"""
HELLO = 'location / { return 200 "hello\\n"; }'


def certificate(directory):
    command = ["openssl", "req", "-x509", "-subj", "/CN=bench", "-days", "2", "-nodes"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-keyout", directory / "key", "-out", directory / "cert"]
    subprocess.run(command, check=True, capture_output=True)


def nginx(lab, name, listen, env=None, keep=0, location=HELLO, cpu=machine.SERVER_CPU):
    """`listen` is what follows the word in its configuration; the first has the port alone."""
    directory = machine.work(f"nginx-{name}")
    secure = any("ssl" in one for one in listen)
    if secure:
        certificate(directory)
    text = NGINX.format(
        directory=directory,
        keep=keep,
        listen=" ".join(f"listen {one};" for one in listen),
        tls=TLS.format(directory=directory) if secure else "",
        location=location,
    )
    (directory / "conf").write_text(text, encoding="ascii")
    port = int(listen[0].split()[0])
    return lab.spawn(["nginx", "-e", "stderr", "-c", directory / "conf"], env, port, cpu)


def redis(lab, port=6379):
    command = ["redis-server", "--bind", "0.0.0.0", "--port", port, "--protected-mode", "no"]
    return lab.spawn([*command, "--save", "", "--dir", machine.work("redis")], None, port)


def dns(lab, port=53):
    return lab.spawn(["/usr/bin/python3", "-B", HERE / "dns_server.py", port], None, port)
