/* For libfdt.h in freestanding builds: it includes this, and uses nothing of it in the parts
 * that we link. */
