#!/bin/sh
# Runs bandwitness. Docker starts a container again after any code but 0, so a code after which a person must act first
# ends as 0: wrong usage (2), and keys that another process uses (9).

child=
stopping=
stop() {
  stopping=yes
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null; fi
}
trap stop TERM INT HUP

bandwitness "$@" &
child=$!
if [ -n "$stopping" ]; then stop; fi # the signal came before there was anything to stop

# A signal ends `wait` early, and the node then takes a while to stop.
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done

case $code in
  2 | 9)
    echo "bandwitness ended with exit code $code and is not started again. Correct what it names, then start the container." >&2
    exit 0
    ;;
esac
exit "$code"
