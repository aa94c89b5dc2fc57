/* Tests of pairs_test.c, run with those of ops_test.c. */
#ifndef PAIRS_TEST_H
#define PAIRS_TEST_H

void test_transfer_pairs(void **state);
void test_release_pairs(void **state);
void test_revoke_pairs(void **state);

#endif
