"""The kinds of mistakes: which names, in whatever exercise, are the same slip of the mind.

The codes are those of a survey of public questions and bug reports about hand-written backpropagation.
"""

from dataclasses import dataclass

from bpcore.exercises.spec import Exercise


@dataclass(frozen=True)
class Family:
    """A kind of mistake: the survey's code, what it is called to a learner, and how its names begin (with spaces
    between).
    """

    code: str
    title: str
    stems: str

    def holds(self, mistake: str) -> bool:
        """Whether a mistake of this name belongs to the family."""
        return mistake.startswith(tuple(self.stems.split()))


# In the order in which a name is looked up: what begins more narrowly stands first. The survey's A4 is no mistake (a
# slope from the activation is right where the activation is given), and I1, weights that start at zero, is a matter of
# the prose.
FAMILIES = (
    Family(
        "A1",
        "a slope taken at the wrong argument",
        "squashed_again activated_twice activated_again sum_for_activation slope_of_sums slope_of_error "
        "tanh_of_argument tanh_twice sum_for_slope slope_too_early slope_from_output",
    ),
    Family(
        "A2",
        "a value where a slope belongs, or the incoming gradient dropped",
        "value_for_slope relu_of_gradient relu_value tanh_value slope_alone upstream_dropped "
        "maximum_sent_back slope_for_value",
    ),
    Family(
        "A3",
        "a slope formula that is nearly right",
        "plus_for_minus tanh_plus slope_plus slope_without_one slope_not_squared one_minus_forgotten "
        "one_forgotten square_forgotten square_outside leak_ignored branches_exchanged mask_turned_round "
        "sigmoid_slope sigmoid_formula tanh_slope tanh_formula tanh_as_sigmoid relu_slope "
        "sign_turned_sigmoid sign_turned_tanh sign_turned_leaky sign_for_slope leaky_slope",
    ),
    Family(
        "O1",
        "the slope missing at the output",
        "raw_error_d",
    ),
    Family(
        "O2",
        "a slope kept that has already cancelled",
        "slope_kept",
    ),
    Family(
        "L2",
        "a term or a logarithm of the cross-entropy lost",
        "second_term_missing first_term_missing terms_exchanged minus_on_one_term second_log_missing "
        "first_log_missing one_minus_left_out one_minus_the_logarithm targets_of_minus_one",
    ),
    Family(
        "O3",
        "a sign turned round",
        "sign_turned uphill loss_sign minus_missing error_subtracted gradient_sign targets_left_out",
    ),
    Family(
        "O4",
        "a constant factor",
        "factor_two halved half_kept two_left_out half_loss gradient_factor_two gradient_half "
        "decay_not_halved errors_not_halved error_doubled",
    ),
    Family(
        "H1",
        "the raw error sent back",
        "raw_error output_error error_behind",
    ),
    Family(
        "H2",
        "the slope left out on the way back",
        "slope_left_out slope_not_carried slope_skipped carry_outside_slope",
    ),
    Family(
        "H4",
        "a matrix product and an entry-by-entry product mixed up",
        "elementwise dot_for_outer added_for_multiplied summed_outer sums_multiplied",
    ),
    Family(
        "H5",
        "a transpose missing",
        "weights_not_transposed weights_transposed not_transposed decoder_not_transposed "
        "decoder_path_not_transposed back_transposed forward_transposed kernel_transposed",
    ),
    Family(
        "H3",
        "the wrong variable on the way back",
        "gradient_for_weights other_layers_slope weights_left_out weight_left_out first_weights "
        "own_factor own_slope recurrent_weights",
    ),
    Family(
        "U1",
        "weights moved before all gradients are known",
        "updated_too_early moved_too_early moved_between",
    ),
    Family(
        "W1",
        "the wrong activation in a weight gradient",
        "own_weight input_left_out sums_for_activations image_for_activation state_after_step "
        "state_for_input input_for_code error_for_state own_output weights_for_inputs",
    ),
    Family(
        "W2",
        "a gradient transposed",
        "transposed gradient_transposed",
    ),
    Family(
        "N1",
        "divided by the batch size twice",
        "averaged_again divided_twice divided_again step_averaged",
    ),
    Family(
        "G1",
        "a gradient check of the wrong thing",
        "output_measured output_moved weights_moved never_restored all_at_once single_precision integer "
        "one_sided half_precedence divided_by_h one_array target_moved",
    ),
    Family(
        "N2",
        "a mean left out, or over the wrong size",
        "not_averaged divided_by bias_not_averaged gradient_not_averaged errors_averaged_over_all errors_summed",
    ),
    Family(
        "N3",
        "something kept from one step to the next, or shared",
        "never_cleared never_reset cleared total_never_cleared total_never_reset started_from last_pattern "
        "state_shared shared_velocity alias caller_changed",
    ),
    Family(
        "N4",
        "(N,) met (N, 1)",
        "paired_with_all kept_axis every_pair all_with_all",
    ),
    Family(
        "N5",
        "rows lost, doubled, or torn from their labels",
        "shuffled_apart y_not_shuffled rows_drawn_again drawn_and_padded last_batch batches_overlap "
        "first_batch_again shuffled_in stopped_early",
    ),
    Family(
        "B1",
        "a bias gradient not summed over the batch",
        "bias_not_summed not_summed_d",
    ),
    Family(
        "B2",
        "a bias gradient summed over the wrong axis, or averaged",
        "bias_wrong_ax wrong_axis_d bias_one_number one_number_d bias_averaged averaged_d bias_half_summed bias_last",
    ),
    Family(
        "B3",
        "a bias gradient multiplied by something",
        "bias_times_input bias_multiplied",
    ),
    Family(
        "F1",
        "the wrong thing passed forward",
        "sums_passed_on sums_skipped bias_copied first_bias both_biases output_activated input_activated "
        "bias_forgotten bias_left_out layer_skipped",
    ),
    Family(
        "B4",
        "a bias that never moves",
        "biases_left bias_left bias_never_moved bias_rate_left_out",
    ),
    Family(
        "L3",
        "the logarithm of zero",
        "log_of_zero clipped_at zero_by_zero",
    ),
    Family(
        "L1",
        "a sum where a mean belongs, or nothing reduced at all",
        "summed loss_summed loss_all_entries losses_summed losses_not_divided not_reduced one_for_each every_class",
    ),
    Family(
        "S1",
        "overflow in the exponential",
        "no_maximum one_maximum maximum_not_below inf_by_inf overflow_of_exp largest_size",
    ),
    Family(
        "S2",
        "a sum over the wrong axis",
        "softmax_wrong_axis wrong_axis one_sum keepdims_forgotten maximum_of_columns",
    ),
    Family(
        "S3",
        "softmax's Jacobian incomplete",
        "diagonal products_left_out products_added dot_left_out dot_added dot_without plain_mean",
    ),
    Family(
        "S4",
        "softmax or sigmoid applied twice",
        "softmax_twice softmax_again twice sigmoid_twice probabilities",
    ),
    Family(
        "R1",
        "the carry through time lost",
        "carry_dropped carry_left_out only_the_carry carry_not_summed overwritten_d state_not_carried",
    ),
    Family(
        "R2",
        "the carry through time counted wrongly",
        "carry_doubled carry_collected state_gradient forward_in_time first_state",
    ),
    Family(
        "P1",
        "weight decay astray",
        "decay gradient_decay biases_decayed biases_in_loss weights_averaged sum_squared gradient_of_absolute",
    ),
    Family(
        "P2",
        "the optimizer's memory astray",
        "no_correction first_moment second_moment correct square_left_out t_ moments_rebound eps_ betas_ "
        "not_a_mean no_friction velocity",
    ),
    Family(
        "C1",
        "an index astray in a convolution",
        "stride kernel channels channel one_kernel first_channel window corner",
    ),
    Family(
        "D1",
        "a path overwritten, or walked in the wrong order",
        "overwritten wrong_order forward_order breadth_first every_path_again used_twice encoder_only "
        "decoder_only skip_left_out only_skip no_start",
    ),
    Family(
        "X1",
        "an error that has not settled",
        "residual_for_solution one_round no_round stopped_after error_not_settled change_for_state",
    ),
)


def family_of(mistake: str) -> str:
    """The title of the family that a mistake belongs to, or "" if it belongs to none."""
    return next((family.title for family in FAMILIES if family.holds(mistake)), "")


def in_family(exercise: Exercise, title: str) -> bool:
    """Whether a mistake of this family can be made in this exercise."""
    return any(family_of(mistake.name) == title for mistake in exercise.mistakes)
