#!/bin/sh
# Runs bandwitness. Docker starts the container of a node again after any code but 0, so a code after which a person must
# act first ends as 0 there: wrong usage (2), and keys that another process uses (9). Other commands end with their own code.

child=
stopping=
stop() {
  stopping=yes
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null; fi
}
trap stop TERM INT HUP

# A job in the background would read from /dev/null, and nobody could type a password.
exec 3<&0
bandwitness "$@" <&3 3<&- &
child=$!
exec 3<&-
if [ -n "$stopping" ]; then stop; fi # the signal came before there was anything to stop

# A signal ends `wait` early, and the node then takes a while to stop.
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done

case ${2-}:$code in
  run:2 | run:9)
    echo "bandwitness ended with exit code $code and is not started again. Correct what it names, then start the container." >&2
    exit 0
    ;;
esac
exit "$code"
