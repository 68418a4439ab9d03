package dev.closecrm.cli.input;

/**
 * Finds ids that stand in a list more than once, over all of it and in bounded memory: as many passes are made as are needed for
 * each of them to look at no more ids than fit into its table, which has the place where each of them was first.
 */
public final class Repetitions {

    /** 21 MB. */
    private static final int SLOTS = 1 << 20;

    private final Inputs inputs;
    private final IdTable firstPlaces;

    /** Prepares a search. */
    public Repetitions(Inputs inputs, Inputs.Survey survey) {
        this(inputs, survey.count(), SLOTS);
    }

    Repetitions(Inputs inputs, int count, int mostSlots) {
        this.inputs = inputs;
        this.firstPlaces = new IdTable(mostSlots, count);
    }

    /** Is told of each repetition. */
    public interface OnRepetition {
        /** Takes one, with where it stands and where the id was first. */
        void accept(String place, String firstPlace, String id);
    }

    /**
     * Searches. What is not a contact id is left out, since it is never sent.
     *
     * @return how many inputs repeat an earlier one
     */
    public int find(OnRepetition onRepetition) {
        int found = 0;
        for (int part = 0; part < firstPlaces.parts(); part++) {
            firstPlaces.clear();
            found += find(part, onRepetition);
        }
        return found;
    }

    private int find(int part, OnRepetition onRepetition) {
        int found = 0;
        try (Inputs.Pass pass = inputs.read()) {
            for (Input input = pass.next(); input != null; input = pass.next()) {
                if (!Inputs.isContactId(input.id()) || !firstPlaces.inPart(input.id(), part)) {
                    continue;
                }
                int first = firstPlaces.get(input.id());
                if (first == 0) {
                    firstPlaces.put(input.id(), (int) pass.placeNumber());
                } else {
                    found++;
                    onRepetition.accept(pass.place(), Inputs.words(first), input.id());
                }
            }
        }
        return found;
    }
}
