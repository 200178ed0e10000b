//! The list of cases: it stands here once, and the tests and the documents are made of it.

use super::harness::Case;

/// What a case may need of a backend, and what each word means. A backend lists those that it has.
pub const CAPABILITIES: &[(&str, &str)] = &[
    ("one_thread", "tasks run on one thread: what is promised on a single-threaded loop only"),
    ("workers", "tasks run on threads of the loop's own, beside the one inside block_on"),
    ("net", "its handle implements Net"),
    ("std_net", "its handle implements StdNet"),
    ("unix_net", "its handle implements UnixNet"),
    ("std_unix_net", "its handle implements StdUnixNet"),
    ("fs", "its handle implements Fs"),
    ("system_fs", "the files of its Fs are the system's, and others see them"),
    ("readiness", "its handle implements Readiness"),
    ("process", "its handle implements Process"),
    ("signals", "its handle implements Signals"),
    ("system_signals", "the signals that it tells of are the process's"),
    ("turn", "the loop implements Turn"),
    ("turn_fd", "the loop implements Turn, and AsFd for its poller"),
    ("deadlock", "the loop can tell that a future can never be woken"),
    ("clock", "the loop follows a clock that a test sets"),
    ("threads", "threads that are not the loop's may wake and spawn, and blocking jobs run beside it"),
    ("real_time", "the loop's time is the system's, which goes on while its thread is busy"),
    ("system_sockets", "its sockets are the system's, which the standard library's can reach"),
];

/// Calls a macro with `name: [needs] alone?;` for every case. `on_unix` and `on_linux` among the
/// needs are about the platform; `alone` is for cases that count what the whole process has.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_table {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            // RUN: lifecycle
            run01_run_until_complete_returns_the_output: [];
            run02_run_until_complete_returns_the_error_unchanged: [];
            run02_panic_of_the_main_future_unwinds_and_spares_the_loop: [];
            run03_stopped_before_done_is_a_distinct_error: [];
            run04_running_inside_itself_is_refused: [];
            run05_another_loop_on_a_running_thread_is_refused: [];
            run06_run_forever_ends_after_stop_from_a_callback: [];
            run07_stop_before_run_is_one_turn: [];
            run08_stop_twice_is_harmless_and_ends_with_the_turn: [];
            run09_callbacks_queued_after_stop_run_in_the_next_run: [];
            run10_timers_and_tasks_are_kept_over_a_stop: [];
            run10_readers_are_kept_over_a_stop: [readiness];
            run17_running_and_current_only_inside: [];
            run25_two_loops_on_two_threads: [threads];
            run31_blocking_on_a_loop_that_does_not_run_is_refused_where_it_would_wait: [one_thread];
            run31_blocking_elsewhere_may_begin_before_the_loop_runs: [threads];
            run32_a_large_main_future_fits_on_the_stack: [];
            run18_close_is_idempotent: [];
            run20_after_close_every_call_says_closed: [];
            run21_after_close_registering_is_an_error: [readiness];
            run22_closing_drops_what_waits_without_running_it: [];
            run22_dropping_the_loop_is_closing_it: [];
            run23_posts_that_race_with_close_are_run_or_refused: [threads];
            run24_turn_zero_does_not_wait: [turn];
            run24_turn_ends_early_when_woken: [turn threads];
            run24_descriptor_is_readable_when_a_turn_has_work: [on_unix turn_fd];
            run24_turn_on_a_closed_loop_is_an_error: [turn];
            run27_shutdown_reports_the_job_that_outlives_it: [threads];
            run22_what_is_dropped_at_the_end_finds_the_loop: [];
            run27_dropped_inside_a_loop_it_waits_for_no_job: [threads];
            run27_shutdown_keeps_its_limit_while_a_task_is_busy: [workers];
            run28_deadlock_is_reported: [deadlock];
            run29_blocking_elsewhere_ends_with_the_loop: [threads];
            run29_blocking_elsewhere_gives_what_came_with_the_end: [threads];
            run30_waits_for_sockets_end_with_the_loop: [net];
            run30_waits_for_unix_sockets_end_with_the_loop: [on_unix unix_net];
            run30_waits_for_descriptors_end_with_the_loop: [readiness];

            // IMM: immediate callbacks
            imm01_call_soon_is_fifo: [];
            imm02_callback_of_a_callback_runs_behind_what_is_queued: [];
            imm05_endless_chain_starves_no_timer_or_task: [];
            imm05_endless_chain_starves_no_io: [net];
            imm06_cancelled_callback_does_not_run: [];
            imm07_cancel_from_an_earlier_callback_of_the_turn: [];
            imm10_captures_are_dropped_when_the_callback_has_run: [];
            imm11_handle_shows_name_and_location: [];
            imm12_call_soon_from_any_thread_and_local_only_from_its_own: [threads];

            // TMR: timers
            tmr01_sleep_is_never_early: [real_time];
            tmr01_sleep_that_is_polled_often_is_never_early: [];
            tmr01_callback_is_never_early: [real_time];
            tmr02_equal_deadlines_in_registration_order: [one_thread];
            tmr02_sleeps_end_in_deadline_order: [one_thread];
            tmr02_callbacks_run_in_deadline_order: [];
            tmr03_zero_delay_runs_behind_what_is_queued: [];
            tmr04_past_deadline_is_due_at_once: [];
            tmr05_huge_delay_neither_overflows_nor_fires: [];
            tmr07_short_sleeps_do_not_spin: [turn];
            tmr07_sleeping_uses_no_processor: [on_linux real_time];
            tmr08_blocking_before_registration_does_not_shift_the_deadline: [real_time];
            tmr09_blocking_after_registration_counts: [real_time];
            tmr10_overdue_timer_does_not_wait: [turn real_time];
            tmr16_cancel_before_and_after_and_from_itself: [];
            tmr17_timer_cancels_a_later_one_with_its_deadline: [];
            tmr18_reset_to_earlier: [];
            tmr18_reset_to_later: [];
            tmr19_stop_keeps_a_due_timer_for_the_next_run: [];
            tmr20_cancelled_timers_do_not_accumulate: [on_linux] alone;
            tmr21_timers_in_random_order_fire_in_deadline_order: [];
            tmr22_now_advances_while_blocked_and_never_goes_back: [real_time];
            tmr06_huge_interval_neither_overflows_nor_fires: [];
            tmr11_interval_ticks_until_it_is_dropped: [];
            tmr12_interval_of_zero_blocks_no_other_timer: [];
            tmr13_two_intervals_of_zero_take_turns: [one_thread];
            tmr14_missed_ticks_are_given_delayed_or_skipped: [];
            tmr14_on_time_ticks_do_not_drift: [];
            tmr23_stepped_clock_fires_exactly_the_due_timers: [turn clock];
            tmr24_a_stopped_clock_moves_by_hand: [];
            tmr24_a_stopped_clock_goes_on_to_the_next_deadline: [];
            tmr24_a_stopped_clock_waits_for_a_blocking_job: [threads];

            tmr25_the_time_of_day_goes_on_with_the_clock: [];
            tmr25_the_time_of_day_is_the_systems: [real_time];
            rnd01_random_numbers_differ: [];
            rnd02_a_job_draws_other_numbers_than_its_loop: [];

            // THR: other threads
            thr01_post_wakes_a_blocked_loop: [threads];
            thr02_post_from_the_loops_own_thread_is_fifo: [];
            thr03_posts_of_a_posted_callback_run_in_a_later_turn: [];
            thr04_many_threads_lose_nothing_and_keep_their_order: [threads];
            thr05_spawn_from_another_thread_can_be_joined_there: [threads];
            thr06_error_timeout_and_cancellation_cross_back: [threads];
            thr07_portal_runs_futures_and_functions_on_the_loop: [threads real_time];
            thr07_timer_of_another_thread_wakes_a_sleeping_loop: [threads];
            thr08_portal_is_refused_on_the_loops_thread: [];
            thr09_portal_of_a_closed_loop_is_refused: [];
            thr12_handle_of_a_finished_loop_says_closed: [];

            // EXE: blocking jobs
            exe01_job_runs_on_another_thread: [];
            exe02_panic_and_error_come_back: [];
            exe03_aborted_job_ran_or_says_cancelled: [];
            exe04_cancel_of_a_running_job_waits_for_its_end: [threads];
            exe04_dropped_handle_leaves_the_job_running: [];
            exe07_shutdown_joins_the_jobs: [threads];
            exe07_shutdown_in_time_reports_nothing: [threads];
            exe08_job_after_shutdown_is_refused: [];
            exe09_timers_go_on_beside_busy_jobs: [threads];
            exe13_threads_are_reused_and_named: [threads];
            exe13_jobs_run_side_by_side: [threads];
            exe03_job_aborted_in_the_queue_is_dropped_at_once: [threads];
            exe05_a_pool_bounds_how_many_jobs_run_at_once: [threads];
            exe06_jobs_run_in_the_executor_of_choice: [threads];
            exe06_the_default_executor_can_be_replaced: [threads];
            exe07_a_pool_joins_or_counts_what_still_runs: [threads];
            exe11_a_job_can_ask_whether_it_was_cancelled: [threads];
            exe13_a_pools_threads_are_reused_named_and_end_when_idle: [threads];

            // BAK: choice of backends
            bak03_current_is_the_same_loop_each_time: [];
            bak06_loops_enter_and_leave_in_order: [];
            bak06_guards_enter_and_leave_in_order: [];
            bak10_there_is_no_current_loop_outside: [];
            bak11_a_thousand_loops_leave_nothing_behind: [on_linux] alone;

            // ERR: errors
            err01_a_callbacks_panic_is_reported_with_kind_and_place: [];
            err01_a_blocking_jobs_panic_is_reported: [];
            err02_without_a_handler_the_loop_goes_on: [];
            err03_the_handler_is_replaced_read_back_and_cleared: [];
            err04_a_handler_that_panics_does_no_harm: [];
            err05_the_next_callback_of_the_turn_still_runs: [];
            err06_a_slow_callback_is_named: [];
            err06_a_slow_task_is_named: [];
            err07_without_a_threshold_nothing_is_timed: [];

            // NET: TCP
            net01_connect_and_echo: [net];
            net01_half_close_in_both_orders: [net];
            net01_dropping_a_stream_sends_fin: [net];
            net01_reading_into_uninitialised_memory: [net];
            net02_a_refused_connection_is_an_error: [net];
            net02_a_local_address_can_be_chosen: [net];
            net02_a_local_port_that_is_taken: [on_unix net];
            net02_dropping_a_pending_connect_is_harmless: [net];
            net03_accept_drains_the_backlog: [net system_sockets];
            net03_a_connection_that_was_reset_does_not_end_the_server: [net system_sockets];
            net03_many_may_accept_on_one_listener: [net system_sockets];
            net04_dropping_the_listener_keeps_its_connections: [net];
            net05_port_zero_and_an_address_in_use: [net];
            net05_two_listeners_share_a_port_that_is_reused: [on_unix net];
            net05_ipv6_alone_and_both: [net];
            net07_shutdown_wakes_a_reader: [on_unix net];
            net08_use_after_close: [net];
            net08_writing_to_a_peer_that_is_gone_is_an_error: [net];
            net10_a_huge_transfer_with_a_slow_reader: [net];
            net02_options_are_applied: [net];
            net02_a_linger_below_a_second_loses_nothing: [net];
            net01_peek_leaves_what_it_read: [net];
            net02_host_names_are_looked_up: [net];

            // NET: UDP
            net13_datagrams_to_any_address: [net];
            net13_connected_datagrams: [net];
            net13_a_datagram_goes_to_the_socket_of_its_peer: [on_linux net];
            net13_a_datagram_goes_to_the_very_address_first: [on_linux net];
            net13_the_unspecified_address_is_the_host_itself: [on_unix net];
            net13_connecting_keeps_what_has_come: [on_linux net];
            net13_ipv4_and_ipv6_are_apart: [on_linux net];
            net13_a_refused_datagram_does_not_end_receiving: [net];
            net13_many_may_receive_on_one_socket: [net];
            net13_dropping_a_receive_loses_no_datagram: [net];
            net13_a_datagram_taken_past_the_loop_is_not_waited_for_again: [net system_sockets];

            // TSK: tasks
            tsk01_spawn_never_polls_inside_the_call: [];
            tsk03_tasks_start_in_spawn_order: [one_thread];
            tsk03_local_and_other_tasks_share_one_order: [one_thread];
            tsk04_dropping_the_handle_detaches: [];
            tsk04_the_abort_handle_cancels: [];
            tsk04_the_abort_handle_works_after_detaching: [threads];
            tsk04_abort_wakes_a_waiter: [];
            tsk05_abort_before_the_first_poll_never_runs_the_body: [];
            tsk06_abort_while_waiting_drops_what_the_task_held: [];
            tsk07_cancelling_a_finished_task_gives_its_output: [];
            tsk07_an_abort_during_the_last_poll_gives_the_output: [];
            tsk07_an_abort_on_another_thread_during_the_last_poll: [threads];
            tsk08_a_panic_reaches_the_awaiting_task: [];
            tsk08_an_unawaited_panic_reaches_the_handler: [];
            tsk08_a_panic_in_the_drop_of_a_future_that_is_done: [];
            tsk08_a_panic_in_the_drop_of_a_future_that_is_aborted: [];
            tsk08_a_panic_in_the_drop_of_an_output: [];
            tsk08_a_panic_in_the_drop_of_a_local_tasks_future: [];
            tsk08_a_panic_in_the_drop_of_a_job: [];
            tsk08_a_panic_in_the_drop_of_the_main_future: [];
            tsk08_panics_in_the_drops_of_a_loops_tasks: [];
            tsk08_a_panic_in_the_drop_of_what_a_closed_loop_refuses: [];
            tsk09_a_panic_does_not_affect_siblings: [];
            tsk10_yield_now_gives_one_turn: [one_thread];
            tsk10_the_main_future_gives_way_for_one_round: [one_thread];
            tsk10_a_task_that_gives_way_waits_for_the_main_future: [one_thread];
            peer08_local_tasks_may_hold_what_is_not_send: [];

            // PEER: defects of others
            peer01_a_parked_writer_does_not_swallow_the_readers_wake: [net];
            peer02_a_vectored_write_stays_one: [net];
            peer03_after_a_half_close_reading_goes_on: [net system_sockets];
            peer03_the_writing_half_sends_fin_when_it_is_dropped: [net];
            peer03_halves_can_be_reunited_and_only_their_own: [net];
            peer04_the_payload_reaches_the_awaiter: [];
            peer05_cancelling_a_task_that_panicked_gives_the_panic: [];
            peer06_dropping_a_handle_detaches_local_and_blocking_work_too: [];
            peer08_spawn_local_works_where_it_is_offered: [];
            peer08_spawn_local_elsewhere_is_an_error: [];
            peer09_block_on_works_from_a_plain_main: [];
            peer11_a_loop_that_does_nothing_starts_no_thread: [on_linux] alone;
            peer13_a_loop_can_be_dropped_inside_a_loop: [];
            peer13_tasks_that_hold_handles_do_not_keep_the_loop: [];

            peer15_a_wakers_drop_may_call_back_into_a_task: [];
            peer15_a_wakers_drop_may_call_back_into_a_sleep: [];
            peer15_a_wakers_drop_may_call_back_into_a_promise: [];
            peer15_a_wakers_drop_may_call_back_into_a_listener: [net];
            peer15_a_wakers_drop_may_call_back_into_a_read: [net];
            peer15_a_wakers_drop_may_call_back_into_tasks_that_are_waited_for: [];
            peer15_a_wakers_drop_may_call_back_into_a_protocol: [net];
            peer15_a_wakers_clone_may_call_back_into_a_task: [];
            peer15_a_wakers_clone_may_call_back_into_a_sleep: [];
            peer15_a_wakers_clone_may_call_back_into_a_promise: [];
            peer15_a_wakers_clone_may_call_back_into_a_listener: [net];
            peer15_a_wakers_clone_may_call_back_into_a_read: [net];
            peer15_a_wakers_clone_may_call_back_into_tasks_that_are_waited_for: [];
            peer15_a_wakers_clone_may_call_back_into_a_protocol: [net];

            // IO: descriptors
            io01_a_reader_wakes_for_data_and_at_the_end: [readiness];
            io02_a_writer_wakes_when_the_buffer_has_space: [readiness];
            io03_what_was_not_drained_is_still_ready: [readiness];
            io04_a_reader_does_not_wake_for_writability: [readiness];
            io05_both_directions_of_one_descriptor: [readiness];
            io06_many_may_wait_for_one_direction: [readiness];
            io12_a_reused_number_gets_no_event_of_the_old_registration: [readiness];
            io13_a_failed_connect_is_writable_and_tells_why: [readiness];
            io14_many_descriptors_are_registered_closed_and_registered_again: [readiness];
            io15_a_regular_file_is_unsupported: [on_unix readiness];
            io16_dropping_a_source_ends_its_registration: [readiness];
            io19_after_a_cancelled_wait_the_next_one_is_served: [readiness];
            io20_a_wait_dropped_as_data_comes_loses_none: [readiness];
            io21_an_operations_error_ends_only_its_own_wait: [readiness];
            io22_an_interrupted_operation_is_tried_again: [readiness];
            run21_registering_on_a_closed_loop_is_an_error: [readiness];

            // FUT: promises
            fut01_a_value_is_set_once: [];
            fut02_the_outcome_is_an_error_before_and_repeatable_after: [];
            fut03_a_callback_on_what_is_done_is_deferred: [];
            fut04_callbacks_run_in_order_and_can_be_removed: [];
            fut04_a_callback_may_add_another: [];
            fut05_cancelling_is_seen_by_the_promise_and_the_waiter: [];
            fut07_an_unread_failure_is_reported_once: [];
            fut08_many_waiters_are_all_woken: [];
            fut09_a_dropped_promise_wakes_its_waiter: [];
            fut10_a_chain_copies_value_and_error: [];
            fut11_cancelling_the_end_of_a_chain_cancels_its_beginning: [];
            fut12_what_comes_after_the_end_was_cancelled_is_dropped: [];
            fut13_a_chain_crosses_loops_and_a_closed_one_is_harmless: [threads];
            fut14_no_wake_from_another_thread_is_lost: [threads];

            // TSK: many at once
            tsk11_join_all_keeps_the_order_of_its_inputs: [];
            tsk12_the_first_error_is_given_and_siblings_run_on: [];
            tsk13_dropping_join_all_drops_what_it_waits_for: [];
            tsk14_wait_for_the_first_for_all_and_within_a_time: [];
            tsk14_wait_until_one_fails: [];
            tsk15_as_completed_gives_them_as_they_end: [];
            tsk15_a_thousand_are_polled_when_they_wake_and_not_else: [];
            tsk20_a_task_survives_the_one_awaiting_it: [];
            tsk21_a_group_waits_for_all: [];
            tsk21_an_error_cancels_the_rest_and_errors_are_gathered: [];
            tsk21_a_panic_is_an_error_of_the_group: [];
            tsk21_dropping_a_scope_ends_its_tasks: [];
            tsk22_a_group_that_has_ended_takes_no_task: [];
            tsk23_start_waits_until_the_task_is_ready: [];
            tsk26_each_task_has_its_own_locals: [];
            tsk27_staggered_race: [];
            tsk28_a_task_knows_its_id: [];
            tsk28_an_error_has_the_id_of_its_task: [];
            tsk28_the_id_is_there_while_a_future_is_dropped: [];

            io01_a_reader_is_called_for_data_and_at_the_end: [readiness];
            io02_a_writer_is_called_when_the_buffer_has_space: [readiness];
            io03_a_reader_is_called_again_until_it_drains: [readiness];
            io04_a_reader_is_not_called_for_writability: [readiness];
            io05_several_watchers_of_one_descriptor: [readiness];
            io07_cancelling_a_watcher_is_idempotent: [readiness];
            io10_a_callback_cancels_another_that_is_ready: [readiness];
            io11_a_callback_ends_its_own_watcher_and_the_descriptor_with_it: [readiness];
            io16_dropping_a_watcher_cancels_it: [readiness];
            io21_a_callbacks_panic_does_not_end_its_watcher: [readiness];

            net12_unix_streams: [on_unix unix_net];
            net12_a_pair_and_its_halves: [on_unix unix_net];
            net12_a_path_in_use_stays_so_when_its_listener_is_gone: [on_unix unix_net];
            net12_a_path_that_was_removed_is_free: [on_unix unix_net system_fs];
            net12_a_stream_that_is_closed_is_a_broken_pipe: [on_unix unix_net];
            net12_the_peers_credentials_are_those_of_its_process: [on_unix unix_net];
            net12_datagrams_wait_for_a_slow_receiver: [on_linux unix_net];
            net12_errors_of_datagrams: [on_linux unix_net];
            net12_abstract_names: [on_linux unix_net];
            net12_unix_datagrams: [on_unix unix_net];
            net12_connecting_waits_while_the_backlog_is_full: [on_linux unix_net system_sockets];
            net12_sending_to_a_peer_that_is_full_waits: [on_linux unix_net system_sockets];
            net11_unix_sockets_of_std_are_taken_and_given_back: [on_unix std_unix_net];

            // What ends a transfer early
            net10_more_slices_than_the_system_takes_at_once: [net];
            net10_urgent_data_does_not_hide_what_follows: [on_unix std_net];
            net12_a_message_with_a_descriptor_does_not_hide_the_next: [on_unix std_unix_net];
            net12_what_another_process_sends_is_not_hidden: [on_linux std_unix_net];
            net12_urgent_data_does_not_hide_what_follows: [on_linux std_unix_net];
            net12_messages_that_keep_their_bounds_are_all_read: [on_linux std_unix_net];
            io23_a_short_read_of_another_kind_of_descriptor_is_not_the_last: [on_linux readiness];

            net11_a_connection_is_taken_over_and_given_back: [std_net];
            net11_a_listener_and_a_udp_socket_are_taken_over: [std_net];
            net18_streams_and_their_halves: [net system_sockets];
            net18_listeners_and_datagrams: [net system_sockets];
            net18_unix_sockets: [on_unix unix_net system_sockets];
            net19_accepting_as_a_poll: [net];
            net19_accepting_as_a_poll_on_a_unix_socket: [on_unix unix_net];

            // TSK: time limits
            tsk16_timeout_expires: [];
            tsk16_timeout_gives_what_came_in_time: [];
            tsk16_the_inner_of_two_timeouts_may_be_the_shorter: [];
            tsk16_timeout_drops_the_future_with_itself: [];
            tsk17_timeout_tells_its_own_end_from_a_foreign_one: [];
            tsk18_a_timeout_of_a_borrowed_task_does_not_end_it: [];
            tsk19_a_value_that_comes_with_the_deadline_is_not_lost: [];

            // TSK: what is always ready
            tsk16_timeout_ends_what_is_always_ready: [net];
            tsk16_a_sleep_ends_beside_what_is_always_ready: [net];
            tsk16_sleeps_that_are_over_at_once_give_way: [];
            tsk15_many_that_are_always_ready_let_a_sleep_end: [net];
            tsk11_join_all_takes_any_number_of_ended_tasks: [];
            tsk14_the_first_of_many_ended_tasks_comes_with_all_of_them: [];
            tsk15_as_completed_gives_any_number_of_ended_tasks: [];
            tsk21_a_group_gives_any_number_of_ended_tasks: [];
            tsk21_outputs_are_in_the_order_of_spawning: [];
            peer07_the_first_tick_is_at_once: [];

            // FS: files and folders
            fs01_what_is_written_is_read_back: [fs];
            fs01_more_than_any_buffer_is_written_and_read_back: [fs];
            fs02_seeking_moves_reads_and_writes: [fs];
            fs03_appending_writes_at_the_end: [fs];
            fs04_opening_says_what_is_there_and_what_is_not: [fs];
            fs05_errors_name_the_path: [fs];
            fs05_errors_keep_the_systems_number: [fs system_fs];
            fs06_set_len_cuts_and_lengthens: [fs];
            fs07_sync_waits_for_what_was_written: [fs];
            fs08_a_clone_shares_the_position: [fs];
            fs09_a_folder_gives_each_name_once: [fs];
            fs10_rename_replaces_what_has_the_name: [fs];
            fs11_folders_are_made_and_removed: [fs];
            fs11_removing_a_folder_follows_no_link: [on_unix fs];
            fs12_links_lead_on_and_can_be_read: [on_unix fs];
            fs12_a_hard_link_is_the_file: [fs];
            fs13_a_copy_has_the_bytes_and_the_permissions: [fs];
            fs14_small_writes_are_few_jobs: [fs];
            fs15_what_was_accepted_is_written_though_the_file_is_dropped: [fs];
            fs16_what_was_accepted_is_written_though_the_loop_is_closed: [fs system_fs];
            fs17_a_dropped_read_loses_no_byte: [fs];
            fs18_a_closed_loop_says_closed: [fs];
            fs19_a_thousand_files_at_once: [fs];
            fs20_positioned_reads_and_writes_leave_the_stream: [on_unix fs];
            fs21_metadata_tells_what_was_set: [fs];
            fs22_nothing_is_done_until_it_is_polled: [fs];
            fs23_the_error_of_a_write_is_told_once_by_a_later_call: [on_linux fs system_fs];
            fs24_a_file_serves_one_task_after_another: [fs system_fs];

            // NET: protocols
            net15_a_protocol_is_told_in_this_order: [net];
            net15_what_was_received_is_told_before_a_failed_write: [on_unix net system_sockets];
            net15_a_panic_in_a_method_ends_the_connection_and_lost_still_comes: [net];
            net16_abort_is_legal_in_every_method: [net];
            net09_back_pressure_pauses_and_resumes_in_pairs: [net];
            net04_a_server_closes_its_door_its_clients_or_aborts_them: [net system_sockets];
            net15_a_protocol_writes_from_elsewhere_by_its_handle: [net threads];
            peer14_at_the_descriptor_limit_accept_waits_and_recovers: [on_linux net system_sockets] alone;

            // PROC: children
            proc01_exit_codes_are_given: [on_unix process];
            proc01_a_child_that_a_signal_ends_says_which: [on_unix process];
            proc02_waiting_again_gives_the_same_status: [on_unix process];
            proc03_a_wait_that_is_dropped_loses_nothing: [on_unix process];
            proc03_a_wait_goes_on_in_another_task: [on_unix process];
            proc04_asking_does_not_wait: [on_unix process];
            proc05_a_killed_child_is_waited_for: [on_unix process];
            proc06_a_dropped_child_goes_on_running: [on_unix process];
            proc06_a_dropped_child_leaves_no_zombie: [on_linux process];
            proc06_a_child_that_outlives_its_loop_is_reaped_with_another: [on_linux process];
            proc07_an_error_of_starting_is_given: [on_unix process];
            proc08_many_children_end_in_any_order: [on_unix process];
            proc09_a_child_is_started_off_the_loop_and_waited_for_on_it: [on_unix process];
            proc09_two_loops_wait_for_their_own: [on_unix process];
            proc09_a_child_is_waited_for_on_another_loop: [on_unix process];
            proc10_waiting_ends_with_the_loop: [on_unix process];
            proc10_on_a_closed_loop_no_child_is_started: [on_unix process];
            proc11_children_leave_no_descriptor_behind: [on_linux process] alone;
            proc12_waiting_for_children_takes_no_thread: [on_linux process] alone;
            proc13_who_listens_to_sigchld_is_told_too: [on_unix process signals system_signals];
            proc14_output_is_read_to_its_end: [on_unix process readiness];
            proc14_what_is_written_to_a_child_comes_back: [on_unix process readiness];
            proc15_a_large_transfer_both_ways_does_not_stall: [on_unix process readiness];
            proc15_writing_to_a_child_that_is_gone_is_an_error: [on_unix process readiness];

            // SIG: signals
            sig01_a_signal_is_received_once: [on_unix signals] alone;
            sig01_a_signal_from_another_thread_wakes_a_loop_that_waits: [on_unix signals threads];
            sig02_two_listeners_of_one_loop_are_both_told: [on_unix signals];
            sig02_a_hundred_listeners_are_all_told: [on_unix signals];
            sig03_two_loops_are_both_told: [on_unix signals system_signals];
            sig04_a_signal_before_the_first_receive_is_not_lost: [on_unix signals];
            sig04_a_signal_between_two_receives_is_not_lost: [on_unix signals];
            sig05_many_signals_are_at_least_one_and_the_next_comes_too: [on_unix signals] alone;
            sig06_dropping_a_listener_keeps_the_other: [on_unix signals];
            sig06_after_the_last_listener_the_process_lives_and_can_listen_anew: [on_unix signals];
            sig07_signals_that_no_handler_may_take_are_refused: [on_unix signals];
            sig08_closing_the_loop_ends_receiving: [on_unix signals];
            sig08_listening_on_a_closed_loop_is_refused: [on_unix signals];
            sig09_a_receive_that_is_dropped_loses_none: [on_unix signals];
            sig10_another_kind_of_signal_wakes_nobody: [on_unix signals] alone;
            sig11_listeners_leave_no_descriptor_behind: [on_linux signals] alone;
            sig12_a_storm_of_signals_starves_no_timer: [on_unix signals threads] alone;
            sig13_a_child_has_the_systems_own_ways_again: [on_unix signals system_signals];
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_list {
    ($arguments:tt $($name:ident: [$($need:ident)*] $($alone:ident)?;)*) => {
        /// Every case, in the order of the groups.
        pub const CASES: &[Case] = &[$(Case::new(stringify!($name), &[$(stringify!($need)),*])),*];
    };
}

crate::__conformance_table! { __conformance_list [] }

/// Fails to compile where a deviation names a case that does not exist.
#[doc(hidden)]
pub const fn known_case(name: &str) {
    let mut i = 0;
    while i < CASES.len() {
        if same(CASES[i].name, name) {
            return;
        }
        i += 1;
    }
    panic!("no case of the conformance suite has this name");
}

/// Fails to compile where a backend lists a capability that does not exist.
#[doc(hidden)]
pub const fn known_capability(name: &str) {
    let mut i = 0;
    while i < CAPABILITIES.len() {
        if same(CAPABILITIES[i].0, name) {
            return;
        }
        i += 1;
    }
    panic!("the conformance suite knows no such capability: see loop_conformance::CAPABILITIES");
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
