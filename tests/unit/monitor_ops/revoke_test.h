/* Tests of revoke (revoke_test.c), listed in ops_test.c. */
#ifndef UNIT_REVOKE_TEST_H
#define UNIT_REVOKE_TEST_H

void test_region_covers(void **state);
void test_revoke_owner(void **state);
void test_revoke_asked(void **state);
void test_revoke_refused(void **state);
void test_revoke_requester(void **state);
void test_revoke_holder(void **state);
void test_revoke_tag(void **state);
void test_revoke_local(void **state);
void test_revoke_join(void **state);
void test_revoke_credit(void **state);
void test_death_owner(void **state);
void test_death_holder(void **state);

#endif
