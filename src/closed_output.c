/*
 * Keeps standard output closed where the program is started without one (`>&-`).
 *
 * Rust's runtime opens /dev/null in its place before `main`, and what is written there is lost without a word. This runs
 * before that: output/closed.rs knows a standard output that is open for reading alone.
 */
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void keep_closed(void)
{
	if (fcntl(STDOUT_FILENO, F_GETFD) != -1)
		return;
	/* The lowest number that is free: standard input's, if that is closed too. */
	while (open("/dev/null", O_RDONLY) == STDIN_FILENO)
		;
}
