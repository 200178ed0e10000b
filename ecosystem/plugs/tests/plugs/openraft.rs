use anyloop_plugs::openraft::Loop;
use openraft_rt::testing::Suite;

/// openraft's own tests of a runtime, on the loop that a program gets which asks for none.
#[test]
fn it_passes_the_tests_of_openraft() {
    Suite::<Loop>::test_all();
}
