package dev.closecrm.cli.input;

/**
 * One input of a run.
 *
 * @param index its place among the inputs, counted from 0
 * @param id what stands there, whether it is a contact id or not
 * @param at where a person finds it: the number of its line, or that of the argument with a minus, or 0 if it came from neither
 */
public record Input(int index, String id, long at) {

    /** One that came from nowhere. */
    public Input(int index, String id) {
        this(index, id, 0);
    }

    /** Where a person finds it, in words. */
    public String place() {
        return at == 0 ? "input " + index : Inputs.words(at);
    }
}
